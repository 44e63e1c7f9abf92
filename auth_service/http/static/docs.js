const page = document.getElementById("swagger-ui");

SwaggerUIBundle({ url: page.dataset.specification, domNode: page, deepLinking: true, validatorUrl: null });
