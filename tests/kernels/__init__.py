"""Real kernels that start at once, because they are forked from a process that has the SDKs loaded."""
