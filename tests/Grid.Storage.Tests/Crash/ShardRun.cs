using Grid.Abstractions;
using Grid.Storage.Tests.Kv;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Crash;

/// <summary>
/// Random work on a bucket beside its model: full and partial upserts and deletes, insert if absent, compare and set, by writers of every schema version, and schema changes.
/// One idempotent writer, so that what a crash cut off can be sent again.
/// </summary>
internal sealed class ShardRun : IAsyncDisposable
{
    private const int KeyCount = 10;
    private static readonly WriterId Writer = new(7);
    private readonly Random _random;
    private TableModel _model = new();
    private Func<WriteRequest>? _unknown;
    private TableModel? _unknownModel;
    private int _sequence;
    private int _added;

    public ShardRun(Random random, FlushPolicy flush, int textLength = 0)
    {
        _random = random;
        TextLength = textLength;
        var schema = KvFrames.Schema(
            ["id"], new Column("id", DataType.Int64, nullable: false), new Column("text", DataType.String), new Column("number", DataType.Int32),
            new Column("ratio", DataType.Float32), new Column("list", DataType.List(DataType.String)), new Column("kind", DataType.Int16, nullable: false) { Default = "3" });
        var options = new TableOptions { EmitUnchanged = random.Next(4) == 0, SegmentBytesMax = 64 * 1024, Compression = textLength > 0 ? FrameCompression.None : FrameCompression.Zstd };
        Bucket = new CrashBucket(KvFrames.Table(schema, options), flush, random.Next());
    }

    public CrashBucket Bucket { get; }

    /// <summary>The length of long text, so that segments fill up; 0: only short text.</summary>
    private int TextLength { get; }

    private TableInfo Table => Bucket.Table;

    /// <summary>A random piece of work. False: the store crashed in it.</summary>
    public async Task<bool> StepAsync(bool schemaChanges)
    {
        if (schemaChanges && _random.Next(8) == 0 && Table.Schemas.Length < 9)
        {
            ChangeSchema();
            return true;
        }

        return await WriteAsync();
    }

    /// <summary>Sends what a crash cut off again, under its sequence: it is done once, whether it was in the log or not.</summary>
    public async Task ResendAsync()
    {
        if (_unknown is not { } request)
            return;
        var again = request();
        await Bucket.Engine.WriteAsync(again, default);
        again.Frame.Dispose();
        (_model, _unknown) = (_unknownModel!, null);
        _sequence++;
    }

    /// <summary>Model, table, lookups and the fold of the changelog are one; versions are the offsets of the last changes.</summary>
    public async Task CheckAsync()
    {
        var table = await Bucket.ScanAsync();
        var rows = table.Select(row => row.Row).ToList();
        if (_unknown is null || !rows.SequenceEqual(_unknownModel!.Text(Table.Schema)))
            Assert.Equal(_model.Text(Table.Schema), rows);

        var fold = new TableModel();
        var versions = new SortedDictionary<long, long>();
        foreach (var (kind, schema, row, offset) in await Bucket.ChangesAsync())
        {
            var key = (long)row[schema.IndexOf(new ColumnId(1))]!;
            if (kind is ChangeKind.UpdateBefore or ChangeKind.Delete)
            {
                var before = new TableModel();
                before.Put(schema.Columns, row);
                Assert.Equal(fold.Text(Table.Schema, key), before.Text(Table.Schema, key));
            }

            switch (kind)
            {
                case ChangeKind.Insert or ChangeKind.UpdateAfter:
                    fold.Put(schema.Columns, row);
                    versions[key] = offset;
                    break;
                case ChangeKind.Delete:
                    fold.Remove(key);
                    versions.Remove(key);
                    break;
            }
        }

        Assert.Equal(fold.Text(Table.Schema).Zip(versions.Values), table);
        Assert.Equal(table, await Bucket.LookupAsync(Enumerable.Range(-1, KeyCount + 2).Select(id => (long)id)));
    }

    public ValueTask DisposeAsync() => Bucket.DisposeAsync();

    private async Task<bool> WriteAsync()
    {
        // Old writers keep writing: any version will do.
        var schema = Table.Schemas[_random.Next(3) == 0 ? _random.Next(Table.Schemas.Length) : ^1];
        var key = schema.IndexOf(new ColumnId(1));
        ColumnId[]? targets = _random.Next(3) == 0 ? [.. schema.Columns.Where((column, i) => i == key || (column.Nullable && _random.Next(2) == 0)).Select(column => column.Id)] : null;
        var columns = targets is null ? schema.Columns.ToArray() : [.. targets.Select(schema.GetColumn)];
        var mode = _random.Next(8) switch { 0 => WriteMode.InsertIfAbsent, 1 => WriteMode.CompareAndSet, _ => WriteMode.Upsert };
        var rows = new List<object?[]>();
        var kinds = new List<ChangeKind>();
        var next = _model.Clone();
        for (var count = mode == WriteMode.CompareAndSet ? 1 : _random.Next(0, 8); count > 0; count--)
        {
            var row = columns.Select(NextValue).ToArray();
            var delete = mode == WriteMode.Upsert && _random.Next(3) == 0;
            rows.Add(row);
            kinds.Add(delete ? ChangeKind.Delete : _random.Next(2) == 0 ? ChangeKind.Insert : ChangeKind.UpdateAfter);
            var ordered = Array.FindIndex(columns, column => column.Id == new ColumnId(1));
            next.Write(Table.Schema, [columns[ordered], .. columns.Where((_, i) => i != ordered)], [row[ordered], .. row.Where((_, i) => i != ordered)],
                targets is not null, delete, mode == WriteMode.InsertIfAbsent);
        }

        long[] expected = [];
        var conflict = false;
        if (mode == WriteMode.CompareAndSet)
        {
            var present = (await Bucket.LookupAsync([(long)rows[0][Array.FindIndex(columns, column => column.Id == new ColumnId(1))]!])).Select(row => row.Version).DefaultIfEmpty(-1).First();
            conflict = _random.Next(3) == 0;
            expected = [conflict ? present + _random.Next(1, 3) : present];
        }

        var sequence = _sequence;
        WriteRequest Request() => KvFrames.Write(schema, rows, kinds, targets, Writer, sequence) with { Mode = mode, ExpectedVersions = [.. expected] };
        try
        {
            var request = Request();
            var answer = await Bucket.Engine.WriteAsync(request, default);
            request.Frame.Dispose();
            answer.Rows?.Dispose();
            Assert.Equal(conflict, !answer.ConflictVersions.IsDefaultOrEmpty);
            if (conflict)
                return true;
            _sequence++;
            _model = next;
            return true;
        }
        catch (GridException) when (Bucket.Store.Crashed)
        {
            (_unknown, _unknownModel) = (Request, next);
            return false;
        }
    }

    private object? NextValue(Column column)
    {
        if (column.Id == new ColumnId(1))
            return (long)_random.Next(KeyCount);
        return TextLength > 0 && column.Type == DataType.String && _random.Next(2) == 0 ? new string((char)('a' + _random.Next(26)), TextLength) : RandomValues.NextOrNull(column, _random);
    }

    private void ChangeSchema()
    {
        var schema = Table.Schema;
        var column = schema.Columns[_random.Next(schema.Columns.Length)];
        SchemaChange? change = _random.Next(5) switch
        {
            0 => new AddColumn(new Column($"added{_added++}", _random.Next(2) == 0 ? DataType.String : DataType.Int32) { Default = _random.Next(2) == 0 ? null : "5" }),
            1 when column.Id != new ColumnId(1) && schema.Columns.Length > 2 => new DropColumn(column.Name),
            2 => new RenameColumn(column.Name, $"renamed{_added++}"),
            3 when column.Type == DataType.Int32 => new WidenColumn(column.Name, DataType.Int64),
            3 when column.Type == DataType.Float32 => new WidenColumn(column.Name, DataType.Float64),
            4 => new ReorderColumns([.. schema.Columns.Select(c => c.Name).OrderBy(_ => _random.Next())]),
            _ => null,
        };
        if (change is not null)
            Bucket.Update(Table.Change(change));
    }
}
