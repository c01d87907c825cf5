using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Grid.Abstractions;
using Grid.Storage.Buckets;

namespace Grid.Storage.Kv;

/// <summary>
/// A primary-key table's stage. Of a group: decode all writes and find their keys; read the stored rows of all keys in a few batched reads; go through
/// the writes in order, merge row by row against what the rows before left, and emit one changelog frame each; once the frames are committed, one
/// RocksDB batch with the last row of each key and the applied offset.
/// <para>
/// Nothing is changed before <see cref="Apply"/>: a write that is refused half-way is undone in the map, and a group that never got into the log is forgotten at
/// the next <see cref="Prepare"/>. A crash between the log and Apply loses nothing: the frames are replayed at the next open.
/// </para>
/// </summary>
internal sealed unsafe class KeyValueStage(KeyValueShard shard) : IWriteStage, IDisposable
{
    private const int ReadBatch = 1024;

    /// <summary>Stored rows of a group that may be pinned in memory.</summary>
    private const long StoredBytesMax = 64L * 1024 * 1024;
    private readonly NativeArena _arena = new();
    private readonly PendingRows _pending = new();
    private readonly RowEncoder _encoder = new();
    private readonly RocksBatch _batch = new();
    private readonly List<IncomingRows> _incoming = [];
    private readonly List<RocksValues> _stored = [];
    private RocksSlice[] _keys = new RocksSlice[ReadBatch];
    private RowRef[] _loaded = new RowRef[ReadBatch];
    private StageSchema? _schema;

    public LogOffset NeededFrom => shard.ReadFlushed();

    /// <summary>False: what a group would read is in the group before it.</summary>
    public bool MayOverlap => false;

    public void Prepare(WriteGroup group)
    {
        Forget();
        var schema = CurrentSchema();
        try
        {
            var count = ReadWrites(group, schema);
            LoadRows(schema);
            for (var i = 0; i < count; i++)
                Merge(group, _incoming[i], schema);
        }
        finally
        {
            foreach (var values in _stored)
                values.Dispose();
            _stored.Clear();
        }
    }

    public void Apply(WriteGroup group)
    {
        _batch.Clear();
        for (var i = 0; i < _pending.Count; i++)
        {
            ref var row = ref _pending[i];
            if (row.Changes == 0)
                continue;
            if (row.Current.IsNone)
                _batch.Delete(row.Key.Span);
            else
                _batch.Put(row.Key.Span, row.Current.Span);
        }

        shard.Apply(_batch, group.NextOffset);
        Forget();
    }

    public void Dispose()
    {
        _arena.Dispose();
        _batch.Dispose();
        _schema?.Dispose();
    }

    private void Forget()
    {
        foreach (var incoming in _incoming)
            incoming.Clear();
        _pending.Clear();
        _arena.Reset();
        _encoder.Trim();
        _batch.Clear();
    }

    private StageSchema CurrentSchema()
    {
        var layouts = shard.Layouts;
        if (_schema?.Layouts == layouts)
            return _schema;
        _schema?.Dispose();
        return _schema = new StageSchema(layouts);
    }

    /// <summary>Step 1: what the writes say. Answers how many of <see cref="_incoming"/> are in use.</summary>
    private int ReadWrites(WriteGroup group, StageSchema schema)
    {
        var count = 0;
        foreach (var write in group.Writes)
        {
            if (write.Refusal is not null)
                continue;
            if (count == _incoming.Count)
                _incoming.Add(new IncomingRows());
            try
            {
                var header = write.Frames[0].Header;
                var format = schema.Format(header.SchemaVersion, header.Flags, write.Request!.Targets);
                _incoming[count].Read(write, format, schema.Newest, _pending, _encoder, _arena);
                count++;
            }
            catch (GridException exception)
            {
                group.Refuse(write, Refusal.From(exception));
            }
        }

        return count;
    }

    /// <summary>Step 2: the stored rows of all keys, until they are too many bytes; writes whose rows are missing then are refused.</summary>
    private void LoadRows(StageSchema schema)
    {
        var bytes = 0L;
        for (var next = 0; next < _pending.Count && bytes < StoredBytesMax; next += ReadBatch)
        {
            var size = Math.Min(ReadBatch, _pending.Count - next);
            for (var i = 0; i < size; i++)
                _keys[i] = _pending[next + i].Key;
            RocksValues values;
            fixed (RocksSlice* keys = _keys)
                values = shard.Store.Rocks.MultiGet(keys, size);
            _stored.Add(values);
            for (var i = 0; i < size; i++)
            {
                _loaded[i] = new RowRef(values[i]);
                bytes += _loaded[i].Length;
            }

            var rows = _loaded.AsSpan(0, size);
            schema.Upgrader.Upgrade(rows, _arena);
            for (var i = 0; i < size; i++)
            {
                if (!rows[i].IsNone)
                    schema.Newest.Check(rows[i]);
                _pending[next + i].Current = rows[i];
                _pending[next + i].Loaded = true;
            }
        }
    }

    /// <summary>Step 3, a write: merges its rows and emits its frame, or refuses it and leaves no trace.</summary>
    private void Merge(WriteGroup group, IncomingRows incoming, StageSchema schema)
    {
        var write = incoming.Write;
        if (write.Refusal is not null)
            return;
        try
        {
            RequireLoaded(incoming, alone: group.Frames.Count == 0);
            schema.Changelog.Start(group.NextOffset);
            var refusal = write.Request!.Mode switch
            {
                WriteMode.Upsert => Upsert(incoming, schema),
                WriteMode.InsertIfAbsent => InsertIfAbsent(incoming, schema),
                WriteMode.CompareAndSet => CompareAndSet(incoming, schema),
                _ => new Refusal(GridErrorCode.InvalidArgument, $"The write's mode is {(int)write.Request.Mode}; legal are 0 to 2."),
            };
            if (refusal is null)
            {
                var block = schema.Changelog.Build(write.Writer, write.FirstSequence);
                FrameHeader.TryRead(block.Span, out var header);
                group.Emit(write, header, block.Memory[FrameHeader.Size..], block);
                _pending.Keep();
                return;
            }

            _pending.Undo();
            group.Refuse(write, refusal);
        }
        catch (GridException exception)
        {
            _pending.Undo();
            write.Answer?.Rows?.Dispose();
            write.Answer = null;
            group.Refuse(write, Refusal.From(exception));
        }
    }

    private void RequireLoaded(IncomingRows incoming, bool alone)
    {
        foreach (var key in incoming.Keys)
            if (!_pending[key].Loaded)
                throw alone
                    ? new GridException(GridErrorCode.TooLarge, $"The rows that are stored under the write's keys have more than {StoredBytesMax} bytes; write fewer rows at once.")
                    : new GridException(GridErrorCode.Busy, "The rows stored under the keys of this and other writes take too much memory at once; send the write again.");
    }

    private Refusal? Upsert(IncomingRows incoming, StageSchema schema)
    {
        var rows = incoming.Rows;
        var keys = incoming.Keys;
        for (var i = 0; i < rows.Length; i++)
        {
            var stored = _pending[keys[i]].Current;
            if (incoming.IsDelete(i))
                Delete(incoming.Format, keys[i], stored, schema);
            else
                Put(incoming.Format, keys[i], stored, rows[i], i, schema);
        }

        return null;
    }

    private void Put(WriteFormat format, int key, RowRef stored, RowRef incoming, int index, StageSchema schema)
    {
        if (format.IsPartial)
        {
            if (stored.IsNone)
                format.RequireInsertable(index);
            incoming = schema.Merge.Upsert(stored, incoming, format.Take, _arena);
        }

        if (stored.IsNone)
            schema.Changelog.Insert(incoming);
        else if (!Update(stored, incoming, schema))
            return;
        _pending.Change(key, incoming);
    }

    private void Delete(WriteFormat format, int key, RowRef stored, StageSchema schema)
    {
        if (stored.IsNone)
            return;
        var left = format.DeletesRows ? default : schema.Merge.Delete(stored, format.Nulled, _arena);
        if (left.IsNone)
            schema.Changelog.Delete(stored);
        else if (!Update(stored, left, schema))
            return;
        _pending.Change(key, left);
    }

    /// <summary>Emits both images; false where nothing changed and the table does not want to hear of that.</summary>
    private static bool Update(RowRef stored, RowRef row, StageSchema schema)
    {
        if (!schema.EmitUnchanged && row.SameContent(stored))
            return false;
        schema.Changelog.Update(stored, row);
        return true;
    }

    private Refusal? InsertIfAbsent(IncomingRows incoming, StageSchema schema)
    {
        if (incoming.HasDeletes)
            return new Refusal(GridErrorCode.InvalidArgument, "An insert-if-absent write has delete rows; send deletes as an upsert write.");
        var inserted = new bool[incoming.Count];
        var now = new RowRef[incoming.Count];
        for (var i = 0; i < now.Length; i++)
        {
            var key = incoming.Keys[i];
            if (_pending[key].Current.IsNone)
            {
                Put(incoming.Format, key, default, incoming.Rows[i], i, schema);
                inserted[i] = true;
            }

            now[i] = _pending[key].Current;
        }

        incoming.Write.Answer = new WriteAnswer
        {
            Rows = now.Length == 0 ? null : schema.Answers.Build(now).ForAnswer(),
            Inserted = ImmutableCollectionsMarshal.AsImmutableArray(inserted),
        };
        return null;
    }

    private Refusal? CompareAndSet(IncomingRows incoming, StageSchema schema)
    {
        var expected = incoming.Write.Request!.ExpectedVersions;
        if (expected.IsDefault || expected.Length != incoming.Count)
            return new Refusal(GridErrorCode.InvalidArgument,
                $"A compare-and-set write has {(expected.IsDefault ? 0 : expected.Length)} expected versions for {incoming.Count} rows; send one a row, -1 where there must be none.");
        var versions = new long[incoming.Count];
        var conflict = -1;
        for (var i = 0; i < versions.Length; i++)
        {
            var stored = _pending[incoming.Keys[i]].Current;
            versions[i] = stored.IsNone ? -1 : stored.Version;
            if (versions[i] != expected[i] && conflict < 0)
                conflict = i;
        }

        if (conflict < 0)
            return Upsert(incoming, schema);
        incoming.Write.Answer = new WriteAnswer { ConflictVersions = ImmutableCollectionsMarshal.AsImmutableArray(versions) };
        return new Refusal(GridErrorCode.VersionConflict, $"Row {conflict} has version {versions[conflict]}, expected was {expected[conflict]}; read it again.", versions[conflict]);
    }
}
