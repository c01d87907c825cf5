using RocksDbSharp;

namespace Grid.Storage.Kv;

/// <summary>What a batched read says of one key.</summary>
internal enum RocksOutcome
{
    /// <summary>There is a value.</summary>
    Found,

    /// <summary>There is none.</summary>
    Missing,

    /// <summary>A file would have to be read to know.</summary>
    NotCached,
}

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

    /// <summary>Looks at the value of key <paramref name="index"/>; pinned until the answer is disposed.</summary>
    public readonly RocksOutcome Get(int index, out RocksSlice value)
    {
        RocksSlice found = default, error = default;
        var outcome = Rocks.rocksdb_pinnable_multi_get_result(_handle, (nuint)index, (nint)(&found.Pointer), (nint)(&found.Length), (nint)(&error.Pointer), (nint)(&error.Length));
        value = default;
        if (error.Pointer != null && RocksError.IsIncomplete(error.Span))
            return RocksOutcome.NotCached;
        if (error.Pointer != null || outcome is not (0 or 1))
            throw RocksError.Make(error.Pointer == null ? $"outcome {outcome}" : System.Text.Encoding.UTF8.GetString(error.Span), "reading rows");
        if (outcome == 0)
            return RocksOutcome.Missing;
        value = found;
        return RocksOutcome.Found;
    }

    /// <summary>The value of key <paramref name="index"/> of a read that may use files; a null pointer where there is none.</summary>
    public readonly RocksSlice this[int index] =>
        Get(index, out var value) == RocksOutcome.NotCached ? throw new InvalidOperationException("A read that may use files was answered as if it could not.") : value;

    public void Dispose()
    {
        if (_handle == 0)
            return;
        Rocks.rocksdb_pinnable_multi_get_destroy(_handle);
        _handle = 0;
        _use.Dispose();
    }
}
