using System.Buffers.Binary;
using System.Diagnostics;
using RocksDbSharp;

namespace Grid.Bench.Harness;

/// <summary>The raw library: RocksDB with the write-ahead log off, 8-byte big-endian keys, 100-byte rows (8 key, 92 value), a 256 MiB block cache.</summary>
internal sealed class RawRocks : IDisposable
{
    private readonly Cache _cache = Cache.CreateLru(256UL << 20);
    private readonly WriteOptions _write = new WriteOptions().DisableWal(1);
    private readonly RocksDb _db;

    public RawRocks(string folder)
    {
        var table = new BlockBasedTableOptions().SetBlockCache(_cache).SetFilterPolicy(BloomFilterPolicy.Create(10, false));
        _db = RocksDb.Open(new DbOptions().SetCreateIfMissing(true).SetBlockBasedTableFactory(table).SetWriteBufferSize(64UL << 20).SetCompression(Compression.Lz4), folder);
    }

    public void Load(long keys)
    {
        var (key, value) = (new byte[8], new byte[92]);
        for (long k = 0; k < keys; k++)
        {
            BinaryPrimitives.WriteInt64BigEndian(key, k);
            Fill(value, k, 0);
            _db.Put(key, value, null, _write);
        }

        _db.CompactRange((byte[]?)null, null);
    }

    /// <summary>Get, then Put, for each key; answers keys a second.</summary>
    public double GetPut(ReadOnlySpan<long> keys, int seed)
    {
        var (key, value) = (new byte[8], new byte[92]);
        var watch = Stopwatch.StartNew();
        var found = 0;
        foreach (var k in keys)
        {
            BinaryPrimitives.WriteInt64BigEndian(key, k);
            if (_db.Get(key) is not null)
                found++;
            Fill(value, k, seed);
            _db.Put(key, value, null, _write);
        }

        return found == keys.Length ? keys.Length / watch.Elapsed.TotalSeconds : throw new InvalidOperationException($"{keys.Length - found} keys were not found.");
    }

    /// <summary>MultiGet in batches; answers keys a second.</summary>
    public double MultiGet(long[] keys, int batch)
    {
        var watch = Stopwatch.StartNew();
        for (var start = 0; start < keys.Length; start += batch)
        {
            var some = new byte[Math.Min(batch, keys.Length - start)][];
            for (var i = 0; i < some.Length; i++)
            {
                some[i] = new byte[8];
                BinaryPrimitives.WriteInt64BigEndian(some[i], keys[start + i]);
            }

            foreach (var pair in _db.MultiGet(some))
                if (pair.Value is null)
                    throw new InvalidOperationException("A key was not found.");
        }

        return keys.Length / watch.Elapsed.TotalSeconds;
    }

    public void Dispose() => _db.Dispose();

    private static void Fill(Span<byte> value, long key, int seed)
    {
        BinaryPrimitives.WriteInt64LittleEndian(value, seed);
        NarrowRows.FillText(value.Slice(8, NarrowRows.TextLength), key, seed);
    }
}
