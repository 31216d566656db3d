"""The engine `viseme`: any face made to speak by warping and compositing, without weights."""
