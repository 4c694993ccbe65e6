"""The launcher: two commands on a fresh machine.

Owns: the environment (`bootstrap`, `environment`), the embedded servers and how many processes
share them (`places`, `processes`, `postgres`, `valkey`, `keeper`, `servers`), `make run` (`run`,
`prepare`, `guard`), `manage.py` without settings (`command`), the browser of the tests
(`browser`) and the static checks (`check`). May import: the standard library; Django only where
it must (`prepare`, `command`); none of our rooms.
"""
