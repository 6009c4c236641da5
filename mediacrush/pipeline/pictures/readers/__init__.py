"""Readers of the kinds of picture that Pillow cannot read by itself, a module each.

A reader is a function of a file's bytes and the number of pixels allowed. It checks what the header announces
before it decodes, gives back a Pillow image that lies as it is displayed, with nothing in its `info` but a colour
profile, and raises Refused, or whatever its library does. The modules are loaded only for their kinds: numpy alone
would double what a start of the child costs.
"""
