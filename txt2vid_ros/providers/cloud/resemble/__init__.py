"""Resemble's voices."""
