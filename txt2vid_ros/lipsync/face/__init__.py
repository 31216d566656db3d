"""Faces in pictures: detection, the mesh, and where both are in every frame."""
