using RocksDbSharp;

namespace Grid.Storage.Kv;

/// <summary>
/// What all shards of a node share: one LRU block cache, one write-buffer budget beside it, the background threads of RocksDB's
/// process-wide environment, and the number of threads that may sit in blocking reads at once. It may go before the last <see cref="RocksStore"/> made from
/// it: RocksDB itself counts references to cache and budget.
/// </summary>
internal sealed class RocksResources : IDisposable
{
    private const int ReadersPerProcessor = 4;
    private const int CacheShardBits = 4;
    private static readonly Native Rocks = Native.Instance;
    private readonly long _writeBufferBytes;
    private nint _cache;
    private nint _writeBuffers;

    public RocksResources(long blockCacheBytes, long writeBufferBytes)
    {
        var options = Rocks.rocksdb_lru_cache_options_create();
        Rocks.rocksdb_lru_cache_options_set_capacity(options, (nuint)Math.Max(blockCacheBytes, 1 << 20));
        Rocks.rocksdb_lru_cache_options_set_num_shard_bits(options, CacheShardBits);
        _cache = Rocks.rocksdb_cache_create_lru_opts(options);
        Rocks.rocksdb_lru_cache_options_destroy(options);
        _writeBufferBytes = Math.Max(writeBufferBytes, 1 << 20);
        _writeBuffers = Rocks.rocksdb_write_buffer_manager_create((nuint)_writeBufferBytes, 0);

        var environment = Rocks.rocksdb_create_default_env();
        Rocks.rocksdb_env_set_background_threads(environment, Math.Max(1, Environment.ProcessorCount / 2));
        Rocks.rocksdb_env_set_high_priority_background_threads(environment, 1);
        Rocks.rocksdb_env_destroy(environment);
        Readers = new SemaphoreSlim(Environment.ProcessorCount * ReadersPerProcessor);
    }

    /// <summary>Bounds how many pool threads block in RocksDB reads at once.</summary>
    public SemaphoreSlim Readers { get; }

    /// <summary>Options for one shard; the caller destroys them.</summary>
    public nint CreateOptions()
    {
        ObjectDisposedException.ThrowIf(_cache == 0, this);
        var options = Rocks.rocksdb_options_create();
        Rocks.rocksdb_options_set_create_if_missing(options, 1);
        Rocks.rocksdb_options_set_paranoid_checks(options, 1);
        Rocks.rocksdb_options_set_write_buffer_manager(options, _writeBuffers);

        // A small arena block: an open, empty shard takes one, and is to stay far below 2 MiB.
        Rocks.rocksdb_options_set_write_buffer_size(options, (nuint)Math.Clamp(_writeBufferBytes / 4, 1 << 20, 64 << 20));
        Rocks.rocksdb_options_set_arena_block_size(options, 128 * 1024);
        Rocks.rocksdb_options_set_memtable_whole_key_filtering(options, 0);
        Rocks.rocksdb_options_set_max_open_files(options, 256);
        Rocks.rocksdb_options_set_table_cache_numshardbits(options, 2);
        Rocks.rocksdb_options_set_stats_dump_period_sec(options, 0);
        Rocks.rocksdb_options_set_stats_persist_period_sec(options, 0);
        Rocks.rocksdb_options_set_info_log_level(options, 3);
        Rocks.rocksdb_options_set_keep_log_file_num(options, 2);
        Rocks.rocksdb_options_set_max_log_file_size(options, 1 << 20);
        Rocks.rocksdb_options_set_max_background_jobs(options, Math.Max(2, Environment.ProcessorCount));
        Rocks.rocksdb_options_set_bytes_per_sync(options, 1 << 20);

        // Levels that are rewritten soon are not worth compressing; the last one holds nine tenths of the rows.
        Rocks.rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1);
        Rocks.rocksdb_options_set_compression(options, Compression.Lz4);
        Rocks.rocksdb_options_set_bottommost_compression(options, (int)Compression.Zstd);

        var table = Rocks.rocksdb_block_based_options_create();
        Rocks.rocksdb_block_based_options_set_block_cache(table, _cache);
        Rocks.rocksdb_block_based_options_set_block_size(table, (nuint)(4 * 1024));
        Rocks.rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
        Rocks.rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1);
        Rocks.rocksdb_block_based_options_set_filter_policy(table, Rocks.rocksdb_filterpolicy_create_bloom(10));
        Rocks.rocksdb_options_set_block_based_table_factory(options, table);
        Rocks.rocksdb_block_based_options_destroy(table);
        return options;
    }

    public void Dispose()
    {
        if (_cache == 0)
            return;
        Rocks.rocksdb_write_buffer_manager_destroy(_writeBuffers);
        Rocks.rocksdb_cache_destroy(_cache);
        _cache = _writeBuffers = 0;
        Readers.Dispose();
    }
}
