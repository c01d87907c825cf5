using RocksDbSharp;

namespace Grid.Storage.Kv;

/// <summary>The answer of a batched read: values stay pinned in RocksDB's memory until it is disposed.</summary>
internal unsafe struct RocksValues : IDisposable
{
    private static readonly Native Rocks = Native.Instance;
    private readonly RocksStore.Use _use;
    private nint _handle;

    public RocksValues(RocksStore store, nint handle)
    {
        _use = store.Enter();
        _handle = handle;
    }

    /// <summary>The value of key <paramref name="index"/>; a null pointer where there is none.</summary>
    public readonly RocksSlice this[int index]
    {
        get
        {
            RocksSlice value = default, error = default;
            var outcome = Rocks.rocksdb_pinnable_multi_get_result(_handle, (nuint)index, (nint)(&value.Pointer), (nint)(&value.Length), (nint)(&error.Pointer), (nint)(&error.Length));
            if (error.Pointer != null || outcome is not (0 or 1))
                throw RocksError.Make(error.Pointer == null ? $"outcome {outcome}" : System.Text.Encoding.UTF8.GetString(error.Span), "reading rows");
            return outcome == 0 ? default : value;
        }
    }

    public void Dispose()
    {
        if (_handle == 0)
            return;
        Rocks.rocksdb_pinnable_multi_get_destroy(_handle);
        _handle = 0;
        _use.Dispose();
    }
}
