-- Null while a change is pending. Nothing of it reads many rows, and who has the document of this version costs no
-- more.
select public.version_of_figures(%(user_id)s, %(started)s) as version
