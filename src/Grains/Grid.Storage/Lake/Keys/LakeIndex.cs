using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Kv;

namespace Grid.Storage.Lake.Keys;

/// <summary>
/// Where each key of a bucket has its row in the lake, in RocksDB on the node that leads the bucket. It can always be made again from the lake, so it has no write-ahead log and is thrown away when in doubt.
/// <para>
/// What a round writes is not in the lake until its commit is, and who writes does not learn how that went. So its places are kept apart, as pending, until the next round finds the lake in the state that they make
/// (<see cref="TryAdopt"/>): then they are taken in. If it finds the old state, they are dropped. In any other it is rebuilt.
/// </para>
/// Keys (docs/formats.md, "Lake index"): <c>K</c> and the key: its place. <c>P</c> and the key: its pending place, empty where the key is gone. <c>M</c>: the record. Blocking; one caller at a time.
/// </summary>
internal sealed class LakeIndex : IAsyncDisposable
{
    private const byte PlacePrefix = (byte)'K';
    private const byte PendingPrefix = (byte)'P';
    private const int BatchEntries = 4096;
    private static readonly byte[] MetaKey = "M"u8.ToArray();
    private readonly RocksStore _rocks;
    private readonly RocksBatch _batch = new();
    private LakeIndexMeta _meta;
    private byte[] _key = new byte[256];
    private int _entries;

    private LakeIndex(RocksStore rocks, LakeIndexMeta meta)
    {
        _rocks = rocks;
        _meta = meta;
    }

    /// <summary>What is indexed.</summary>
    public LakeIndexState State => _meta.Indexed;

    /// <summary>Opens the folder or makes it; what is damaged, or another table's, is thrown away.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.StorageFailed"/>: it can neither be opened nor made.</exception>
    public static LakeIndex Open(string path, TableId table, RocksResources resources)
    {
        RocksStore? rocks = null;
        try
        {
            rocks = RocksStore.Open(path, resources);
            var bytes = rocks.Get(MetaKey);
            if (bytes is null ? IsEmpty(rocks) : LakeIndexMeta.TryRead(bytes, table) is not null)
                return new LakeIndex(rocks, bytes is null ? new LakeIndexMeta { Table = table.Value } : LakeIndexMeta.TryRead(bytes, table)!);
        }
        catch (GridException exception) when (RocksError.IsDamage(exception))
        {
            // Made again below.
        }

        rocks?.Dispose();
        Delete(path);
        return new LakeIndex(RocksStore.Open(path, resources), new LakeIndexMeta { Table = table.Value });
    }

    /// <summary>Throws a closed index away.</summary>
    public static void Delete(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
    }

    /// <summary>Brings the index to the state that a bucket of the lake is in, by taking in or dropping what is pending.</summary>
    /// <returns>False: it is of another state, and has to be rebuilt.</returns>
    public bool TryAdopt(LogOffset offset, IReadOnlySet<string> locations)
    {
        // What a round that failed had not sent yet.
        _batch.Clear();
        _entries = 0;
        if (_meta.Pending is { } pending && pending.Is(offset, locations))
        {
            TakeIn();
            Save(_meta with { Indexed = pending, Pending = null });
            return true;
        }

        if (!_meta.Indexed.Is(offset, locations))
            return false;
        DropPending();
        return true;
    }

    /// <summary>Drops what is pending, and what a round left behind that did not come to its end.</summary>
    public void DropPending()
    {
        foreach (var key in Keys(PendingPrefix))
            Delete(key);
        if (_meta.Pending is not null)
            Save(_meta with { Pending = null });
        else
            Send();
    }

    /// <summary>Numbers a file that is about to be written or indexed.</summary>
    public int NumberFile()
    {
        var number = _meta.NextFile;
        _meta = _meta with { NextFile = number + 1 };
        return number;
    }

    /// <summary>Notes where a key's row will be.</summary>
    public void PutPending(ReadOnlySpan<byte> key, LakePlace place) => Put(PendingPrefix, key, place);

    /// <summary>Notes that a key will have no row.</summary>
    public void RemovePending(ReadOnlySpan<byte> key)
    {
        _batch.Put(Prefixed(PendingPrefix, key), []);
        Sent();
    }

    /// <summary>Says what the pending places are of. Until then they are nobody's.</summary>
    public void CompletePending(LakeIndexState state)
    {
        Send();
        Save(_meta with { Pending = state });
        _rocks.Flush();
    }

    /// <summary>Notes where a key's row is, in an index that is being rebuilt: it was empty.</summary>
    public void Put(ReadOnlySpan<byte> key, LakePlace place) => Put(PlacePrefix, key, place);

    /// <summary>Ends a rebuild.</summary>
    public void CompleteRebuild(LakeIndexState state)
    {
        Send();
        Save(_meta with { Indexed = state, Pending = null });
        _rocks.Flush();
    }

    /// <summary>Looks the keys of changes up: a place each, null for one that the lake does not have.</summary>
    public unsafe void Find(NetChanges keys, ReadOnlySpan<KeyChange> changes, Span<LakePlace?> places)
    {
        using var arena = new NativeArena();
        var slices = (RocksSlice*)arena.Allocate(changes.Length * sizeof(RocksSlice));
        for (var i = 0; i < changes.Length; i++)
            slices[i] = arena.Copy(Prefixed(PlacePrefix, keys.KeyOf(changes[i])));
        using var values = _rocks.MultiGet(slices, changes.Length);
        for (var i = 0; i < changes.Length; i++)
            places[i] = values.Get(i, out var value) == RocksOutcome.Found ? ReadPlace(value.Span) : null;
    }

    public async ValueTask DisposeAsync()
    {
        _batch.Dispose();
        _rocks.Dispose();
        await _rocks.Closed.ConfigureAwait(false);
    }

    private static bool IsEmpty(RocksStore rocks)
    {
        using var snapshot = rocks.Snapshot();
        using var iterator = snapshot.Iterate([]);
        iterator.Seek([0]);
        return !iterator.Valid;
    }

    private static LakePlace ReadPlace(ReadOnlySpan<byte> value) => value.Length == LakePlace.Length ? LakePlace.Read(value)
        : throw RocksError.Make($"Corruption: a place of {value.Length} bytes; it should have {LakePlace.Length}", "reading the lake index");

    /// <summary>
    /// Makes pending places valid ones. A crash in the middle leaves the record as it was, and the next call does the rest: the lake is in the pending state for good.
    /// </summary>
    private void TakeIn()
    {
        using var snapshot = _rocks.Snapshot();
        using var iterator = snapshot.Iterate([PendingPrefix + 1]);
        for (iterator.Seek([PendingPrefix]); iterator.Valid; iterator.Next())
        {
            var key = iterator.Key.Span;
            var value = iterator.Value.Span;
            if (value.IsEmpty)
                _batch.Delete(Prefixed(PlacePrefix, key[1..]));
            else
                Put(PlacePrefix, key[1..], ReadPlace(value));
            Delete(key);
        }

        Send();
    }

    private IEnumerable<byte[]> Keys(byte prefix)
    {
        using var snapshot = _rocks.Snapshot();
        using var iterator = snapshot.Iterate([(byte)(prefix + 1)]);
        for (iterator.Seek([prefix]); iterator.Valid; iterator.Next())
            yield return iterator.Key.Span.ToArray();
    }

    private void Put(byte prefix, ReadOnlySpan<byte> key, LakePlace place)
    {
        Span<byte> value = stackalloc byte[LakePlace.Length];
        place.Write(value);
        _batch.Put(Prefixed(prefix, key), value);
        Sent();
    }

    private void Delete(ReadOnlySpan<byte> key)
    {
        _batch.Delete(key);
        Sent();
    }

    private void Save(LakeIndexMeta meta)
    {
        _batch.Put(MetaKey, meta.Write());
        Send();
        _meta = meta;
    }

    private void Sent()
    {
        if (++_entries >= BatchEntries)
            Send();
    }

    private void Send()
    {
        _rocks.Write(_batch);
        _batch.Clear();
        _entries = 0;
    }

    private ReadOnlySpan<byte> Prefixed(byte prefix, ReadOnlySpan<byte> key)
    {
        if (_key.Length <= key.Length)
            _key = new byte[2 * (key.Length + 1)];
        _key[0] = prefix;
        key.CopyTo(_key.AsSpan(1));
        return _key.AsSpan(0, key.Length + 1);
    }
}
