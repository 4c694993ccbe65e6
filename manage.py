#!/usr/bin/env python
"""Django's commands; without DATABASE_URL on the embedded server (see shop/launch)."""

import sys

if __name__ == "__main__":
    try:
        from shop.launch.command import main
    except ModuleNotFoundError as error:
        sys.exit(
            f"✗ {error}; 请先 make setup,再用 .venv/bin/python manage.py | run make setup first"
        )
    main()
