"""The demo's people: customers, workers and, if wanted, a dispatcher, as processes of their own.

They know the platform as everybody does: its HTTP API and its WebSocket. Nothing here imports another package of ours.
"""
