using System.Runtime.InteropServices;
using RocksDbSharp;

namespace Grid.Storage.Kv;

/// <summary>The store as it was at one moment, and iterators over it. Dispose after its iterators.</summary>
internal sealed unsafe class RocksSnapshot : IDisposable
{
    private static readonly Native Rocks = Native.Instance;
    private readonly RocksStore _store;
    private readonly RocksStore.Use _use;
    private readonly nint _snapshot;
    private readonly nint _options;
    private byte* _upper;
    private bool _disposed;

    public RocksSnapshot(RocksStore store, RocksStore.Use use)
    {
        _store = store;
        _use = use;
        _snapshot = Rocks.rocksdb_create_snapshot(store.Database);
        _options = Rocks.rocksdb_readoptions_create();
        Rocks.rocksdb_readoptions_set_snapshot(_options, _snapshot);
        Rocks.rocksdb_readoptions_set_total_order_seek(_options, 1);
    }

    /// <summary>One value as it was, copied; null where there was none.</summary>
    public byte[]? Get(ReadOnlySpan<byte> key) => _store.Get(key, _options);

    /// <summary>Iterates up to a key, exclusive; empty: to the end. Once a snapshot.</summary>
    public RocksIterator Iterate(ReadOnlySpan<byte> upper)
    {
        if (!upper.IsEmpty)
        {
            // RocksDB keeps the pointer, not the bytes.
            _upper = (byte*)NativeMemory.Alloc((nuint)upper.Length);
            upper.CopyTo(new Span<byte>(_upper, upper.Length));
            Rocks.rocksdb_readoptions_set_iterate_upper_bound(_options, (nint)_upper, (nuint)upper.Length);
        }

        return new RocksIterator(Rocks.rocksdb_create_iterator(_store.Database, _options));
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Rocks.rocksdb_readoptions_destroy(_options);
        Rocks.rocksdb_release_snapshot(_store.Database, _snapshot);
        NativeMemory.Free(_upper);
        _use.Dispose();
    }
}

/// <summary>Walks keys in order. One caller at a time; spans are valid until the next move.</summary>
internal sealed unsafe class RocksIterator(nint handle) : IDisposable
{
    private static readonly Native Rocks = Native.Instance;
    private nint _handle = handle;

    public bool Valid => Rocks.rocksdb_iter_valid(_handle) != 0;

    public RocksSlice Key
    {
        get
        {
            var pointer = Rocks.rocksdb_iter_key(_handle, out var length);
            return new RocksSlice((byte*)pointer, (int)length);
        }
    }

    public RocksSlice Value
    {
        get
        {
            var pointer = Rocks.rocksdb_iter_value(_handle, out var length);
            return new RocksSlice((byte*)pointer, (int)length);
        }
    }

    public void Seek(ReadOnlySpan<byte> key)
    {
        fixed (byte* pointer = key)
            Rocks.rocksdb_iter_seek(_handle, (nint)pointer, (nuint)key.Length);
        if (!Valid)
            Check();
    }

    /// <summary>Goes on; call only where <see cref="Valid"/>.</summary>
    public void Next()
    {
        Rocks.rocksdb_iter_next(_handle);
        if (!Valid)
            Check();
    }

    public void Dispose()
    {
        if (_handle == 0)
            return;
        Rocks.rocksdb_iter_destroy(_handle);
        _handle = 0;
    }

    /// <summary>An iterator that is not valid is at its end or failed; only this tells which.</summary>
    private void Check()
    {
        nint error = 0;
        Rocks.rocksdb_iter_get_error(_handle, out error);
        RocksError.Check(error, "scanning");
    }
}
