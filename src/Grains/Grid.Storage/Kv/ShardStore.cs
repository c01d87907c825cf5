using System.Buffers.Binary;
using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>
/// A RocksDB folder with rows and, in the same batches, the offset up to which the log is in it. There is no write-ahead log: the bucket's log is.
/// So what counts after a crash is the applied offset that a flush brought into a file, together with exactly the rows of that offset: RocksDB
/// flushes memtables in the order they were filled, and rows and offset share one column family.
/// The offset's key is the empty one, which no row has (docs/formats.md, "Shard").
/// </summary>
internal sealed class ShardStore(RocksStore rocks, TableId table) : IAsyncDisposable
{
    private const uint Magic = 'G' | ('R' << 8) | ('K' << 16) | ('1' << 24);
    private const int MetaBytes = 4 + 4 + 8;

    public RocksStore Rocks => rocks;

    /// <summary>The key of the applied offset.</summary>
    public static ReadOnlySpan<byte> MetaKey => [];

    /// <summary>The smallest key a row can have.</summary>
    public static ReadOnlySpan<byte> FirstRowKey => [0];

    /// <summary>The offset that is in memory or file.</summary>
    public LogOffset ReadApplied() => Parse(rocks.Get(MetaKey)) ?? LogOffset.Zero;

    /// <summary>The offset that is in files: all that a crash leaves.</summary>
    public LogOffset ReadFlushed() => Parse(rocks.Get(MetaKey, flushed: true)) ?? LogOffset.Zero;

    /// <summary>The offset a snapshot is consistent with.</summary>
    public LogOffset ReadApplied(RocksSnapshot snapshot) => Parse(snapshot.Get(MetaKey)) ?? LogOffset.Zero;

    /// <summary>Writes a batch's rows with the offset they bring the shard to, as one.</summary>
    public void Write(RocksBatch batch, LogOffset applied)
    {
        Span<byte> meta = stackalloc byte[MetaBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(meta, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(meta[4..], table.Value);
        BinaryPrimitives.WriteInt64LittleEndian(meta[8..], applied.Value);
        batch.Put(MetaKey, meta);
        rocks.Write(batch);
    }

    public async ValueTask DisposeAsync()
    {
        rocks.Dispose();
        await rocks.Closed.ConfigureAwait(false);
    }

    private LogOffset? Parse(byte[]? meta)
    {
        if (meta is null)
            return null;
        if (meta.Length != MetaBytes || BinaryPrimitives.ReadUInt32LittleEndian(meta) != Magic || BinaryPrimitives.ReadInt32LittleEndian(meta.AsSpan(4)) != table.Value)
            throw RocksError.Make($"Corruption: the shard's own record is not that of table {table}", "reading the applied offset");
        return new LogOffset(BinaryPrimitives.ReadInt64LittleEndian(meta.AsSpan(8)));
    }
}
