"""Gunicorn's entry: `gunicorn -c config/gunicorn.conf.py app:app`."""

from mediacrush.backends import connect_backends
from mediacrush.settings import load_settings
from mediacrush.web import create_app

app = create_app(connect_backends(load_settings()))
