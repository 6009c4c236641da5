"""What the container of a film or a sound says beside the media: who made it, where, with what.

FFmpeg shows some of it and passes over the rest, so the structure itself is walked, a module a family. Pure
functions over a file of which no size is trusted; nothing here runs a tool, and nothing here decodes.
"""
