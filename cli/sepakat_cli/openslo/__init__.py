"""OpenSLO v1 from and to agreements; what cannot be carried over is listed, each with its place and why."""
