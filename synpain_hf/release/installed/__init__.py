"""Installed releases, as `datasets` finds each by its bare name.

`datasets` looks a bare name up in its cache, without network and without this package. What it finds there is one
folder, HF_DATASETS_CACHE/NAME/default/VERSION/HASH, here of the name `synpain`:

    dataset_info.json                      the splits of `default`, and how many shards each has
    synpain-train-00000-of-00060.arrow …   one shard a partition: each partition is in one split of `default`
    release.json                           which partition each shard is, for `load`
    files.json                             what each file was when it was written

The pictures stand on disk once: `load` maps the same shards into memory for any other configuration.

There is one under each name, and what is done for one leaves the others alone. Of all folders under a name, `datasets`
takes the one that changed last, whatever its configuration. So only `default` is there, dated ahead. What `datasets`
itself caches may end up there too: a local folder that happens to be called so. And what `map` and the like write into
the installed folder dates it today. `install` and `load` set all dates again.

HF_DATASETS_CACHE/synpain-hf holds the lock, and what is being written or removed.
"""
