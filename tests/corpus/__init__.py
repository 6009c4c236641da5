"""The corpus: a small file of every kind that MediaCrush takes, or must refuse, each with what must come out.

Tables by family: stills.py, animations.py, films.py, sounds.py, broken.py; cases.py says what a row is, check.py
what is looked at afterwards. Files are made by ffmpeg, Pillow and by hand; `make corpus` writes all of them.
"""
