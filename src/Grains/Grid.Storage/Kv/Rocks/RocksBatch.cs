using RocksDbSharp;

namespace Grid.Storage.Kv;

/// <summary>Puts and deletes that RocksDB takes as one. Reusable; one caller at a time.</summary>
internal sealed unsafe class RocksBatch : IDisposable
{
    private static readonly Native Rocks = Native.Instance;

    public nint Handle { get; private set; } = Rocks.rocksdb_writebatch_create();

    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        fixed (byte* k = key, v = value)
            Rocks.rocksdb_writebatch_put(Handle, (nint)k, (nuint)key.Length, (nint)v, (nuint)value.Length);
    }

    public void Delete(ReadOnlySpan<byte> key)
    {
        fixed (byte* k = key)
            Rocks.rocksdb_writebatch_delete(Handle, (nint)k, (nuint)key.Length);
    }

    public void Clear() => Rocks.rocksdb_writebatch_clear(Handle);

    public void Dispose()
    {
        if (Handle == 0)
            return;
        Rocks.rocksdb_writebatch_destroy(Handle);
        Handle = 0;
    }
}
