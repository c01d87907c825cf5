using RocksDbSharp;

namespace Grid.Storage.Kv;

/// <summary>The answer of a read of one key: its value stays pinned in RocksDB's memory until it is disposed.</summary>
internal unsafe struct RocksValue : IDisposable
{
    private static readonly Native Rocks = Native.Instance;
    private readonly RocksStore.Use _use;
    private nint _handle;

    /// <param name="store">Where it was read.</param>
    /// <param name="handle">The pinned value; null where there is none.</param>
    /// <param name="isCached">False: a file would have to be read to know.</param>
    public RocksValue(RocksStore store, nint handle, bool isCached)
    {
        Outcome = handle != 0 ? RocksOutcome.Found : isCached ? RocksOutcome.Missing : RocksOutcome.NotCached;
        if (handle == 0)
            return;
        _use = store.Enter();
        _handle = handle;
        Value = new RocksSlice { Pointer = (byte*)Rocks.rocksdb_pinnableslice_value(handle, out var length), Length = length };
    }

    /// <summary>What the read says.</summary>
    public RocksOutcome Outcome { get; }

    /// <summary>The value, where there is one.</summary>
    public RocksSlice Value { get; }

    public void Dispose()
    {
        if (_handle == 0)
            return;
        Rocks.rocksdb_pinnableslice_destroy(_handle);
        _handle = 0;
        _use.Dispose();
    }
}
