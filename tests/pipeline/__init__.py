"""Through real processes, all on one cluster: a package, so that its end ends the cluster."""
