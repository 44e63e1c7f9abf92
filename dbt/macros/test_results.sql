{#- on-run-end: stores how each data test ended in fct_test_results, under every model it tests. A run without tests,
    such as that of a model after a trade, sends nothing to the database. Removed tests take their results with them.
    -#}
{% macro keep_test_results(table, results) %}
    {%- set tested = [] -%}
    {%- for result in results
        if result.node.resource_type == "test" and result.status in ("pass", "warn", "fail", "error") -%}
        {%- set test = result.node -%}
        {%- for node in ([test.attached_node] if test.attached_node else test.depends_on.nodes) -%}
            {%- do tested.append({
                "model": name_of_node(node),
                "test": test.name,
                "status": result.status | string,
                "failures": result.failures,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if tested and run_query("select to_regclass('" ~ table ~ "')").columns[0].values()[0] -%}
        {%- set known = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == "test" -%}
            {%- do known.append({"test": node.name}) -%}
        {%- endfor %}
        begin;
        lock table {{ table }} in share row exclusive mode;
        delete from {{ table }}
        where test in (select test from {{ rows_of(tested, "test text") }})
            or test not in (select test from {{ rows_of(known, "test text") }});
        insert into {{ table }} (model, test, status, failures, tested_at)
        select model, test, status, failures, now()
        from {{ rows_of(tested, "model text, test text, status text, failures integer") }};
        commit
    {%- endif -%}
{% endmacro %}
