"""The reference of view.py: the least that Flask can do."""

from flask import Flask

app = Flask("hello")


@app.get("/")
def hello() -> str:
    """One line."""
    return "Hello, World!"
