"""The run directory: what every file in it holds, and the only code that reads and writes them.

```
config.yaml  space.yaml  space.sha256     beginning.py   what was asked for, every default written out; frozen
code/                                     gnas.plugins   files of `--code`, with their hashes
environment.json  data.json               beginning.py   where it ran, and on which data
trials/NNNN/  trials.parquet  trials.csv  trial.py, table.py
confirm/IDENTITY/SEED.json                confirm.py     the best few again, on fresh seeds
baselines.json                            baselines.py   validation figures of every baseline
best/  pareto.json                        best.py, ensemble.py
test.json                                 look.py        every look at the test split
fork.json  finetuning.json                fork.py, finetuning.py
sessions/  study.json  log.jsonl          session.py, log.py
```

A record is a frozen dataclass whose fields are the keys of its file. Unknown keys are passed over when a file is read.
"""
