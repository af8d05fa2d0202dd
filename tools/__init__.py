"""The workbook's own chores. The set-up uses the standard library only: it runs before all else."""
