using CsCheck;
using Grid.Abstractions;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Kv;

/// <summary>Table = replay of the changelog = fold in a model, under random writes, groups, schema changes, restarts and crashes.</summary>
public sealed class KeyValuePropertyTests
{
    [Fact]
    public async Task The_table_is_the_fold_of_its_writes_and_of_its_changelog()
    {
        await Gen.Int.SampleAsync(
            async seed =>
            {
                var random = new Random(seed);
                await using var run = new Run(random);
                for (var step = 0; step < 25; step++)
                    await run.StepAsync();
                await run.CheckAsync();
            },
            iter: 30, threads: 2);
    }

    /// <summary>A bucket beside a model of dictionaries.</summary>
    private sealed class Run : IAsyncDisposable
    {
        private readonly Random _random;
        private readonly StageBucket _bucket;
        private readonly Dictionary<long, object?[]> _model = [];
        private int _added;

        public Run(Random random)
        {
            _random = random;
            var schema = KvFrames.Schema(
                ["id"], new Column("id", DataType.Int64, nullable: false), new Column("text", DataType.String), new Column("number", DataType.Int32),
                new Column("list", DataType.List(DataType.String)), new Column("kind", DataType.Int16, nullable: false) { Default = "3" });
            _bucket = new StageBucket(KvFrames.Table(schema, new TableOptions { EmitUnchanged = random.Next(4) == 0 }));
        }

        private TableSchema Schema => _bucket.Table.Schema;

        public async Task StepAsync()
        {
            switch (_random.Next(12))
            {
                case 0:
                    await _bucket.ReopenAsync();
                    break;
                case 1:
                    await _bucket.CrashAsync();
                    break;
                case 2:
                    _bucket.Shard.Flush();
                    break;
                case 3 when _bucket.Table.Schemas.Length < 5:
                    ChangeSchema();
                    break;
                default:
                    WriteGroup();
                    break;
            }
        }

        public async Task CheckAsync()
        {
            var table = (await _bucket.ReadAllAsync()).Select(row => row.Row).ToArray();
            var model = _model.OrderBy(pair => pair.Key).Select(pair => ArrowRows.Text([pair.Value])).ToArray();
            Assert.Equal(model, table);

            // The whole log into an empty shard, version by version.
            var before = await _bucket.ReadAllAsync();
            await _bucket.ReopenAsync(path => Directory.Delete(path, recursive: true));
            Assert.Equal(before, await _bucket.ReadAllAsync());
            await CheckLookupsAsync(before);
        }

        public ValueTask DisposeAsync() => _bucket.DisposeAsync();

        private async Task CheckLookupsAsync(List<(string Row, long Version)> table)
        {
            object?[][] keys = [.. Enumerable.Range(-1, 12).Select(id => new object?[] { (long)id })];
            var found = (await _bucket.LookupAsync(keys)).Select(row => (ArrowRows.Text([row.Row]), row.Version));
            Assert.Equal(table, found);
        }

        private void ChangeSchema()
        {
            var number = Schema.Columns[Schema.IndexOf("number")];
            if (number.Type == DataType.Int32 && _random.Next(2) == 0)
            {
                _bucket.Update(_bucket.Table.Change(new WidenColumn("number", DataType.Int64)));
                var at = Schema.IndexOf("number");
                foreach (var row in _model.Values)
                    row[at] = row[at] is int value ? (long)value : null;
                return;
            }

            if (Schema.Columns.Length > 6)
            {
                var dropped = Schema.Columns.Length - 1;
                _bucket.Update(_bucket.Table.Change(new DropColumn(Schema.Columns[dropped].Name)));
                foreach (var key in _model.Keys)
                    _model[key] = _model[key][..dropped];
                return;
            }

            var added = _random.Next(2) == 0 ? null : "x";
            _bucket.Update(_bucket.Table.Change(new AddColumn(new Column($"added{_added++}", DataType.String) { Default = added })));
            foreach (var key in _model.Keys)
                _model[key] = [.. _model[key], added];
        }

        private void WriteGroup()
        {
            var requests = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => NextWrite()).ToArray();
            Assert.All(_bucket.WriteGroup([.. requests]), answer => Assert.Null(answer.Refusal));
        }

        private WriteRequest NextWrite()
        {
            var rows = new List<object?[]>();
            var kinds = new List<ChangeKind>();
            ColumnId[]? targets = _random.Next(3) == 0 ? [.. Schema.Columns.Where((column, i) => i == 0 || (column.Nullable && _random.Next(2) == 0)).Select(column => column.Id)] : null;
            var mode = _random.Next(8) == 0 ? WriteMode.InsertIfAbsent : WriteMode.Upsert;
            for (var count = _random.Next(0, 12); count > 0; count--)
            {
                var columns = targets is null ? Schema.Columns.ToArray() : [.. targets.Select(Schema.GetColumn)];
                var row = columns.Select((column, i) => i == 0 ? (long)_random.Next(10) : RandomValues.NextOrNull(column, _random)).ToArray();
                var delete = mode == WriteMode.Upsert && _random.Next(3) == 0;
                rows.Add(row);
                kinds.Add(delete ? ChangeKind.Delete : ChangeKind.Insert);
                Fold(row, delete, targets, mode);
            }

            return KvFrames.Write(Schema, rows, kinds, targets) with { Mode = mode };
        }

        private void Fold(object?[] row, bool delete, ColumnId[]? targets, WriteMode mode)
        {
            var id = (long)row[0]!;
            if (delete && targets is not { Length: > 1 })
            {
                _model.Remove(id);
                return;
            }

            var exists = _model.TryGetValue(id, out var stored);
            if ((delete && !exists) || (exists && mode == WriteMode.InsertIfAbsent))
                return;
            var next = stored?.ToArray() ?? [.. Schema.Columns.Select(Default)];
            for (var i = 0; i < row.Length; i++)
            {
                var at = targets is null ? i : Schema.IndexOf(targets[i]);
                next[at] = delete && at > 0 ? null : row[i];
            }

            if (delete && next.AsSpan(1).IndexOfAnyExcept((object?)null) < 0)
                _model.Remove(id);
            else
                _model[id] = next;
        }

        private static object? Default(Column column) => column.Default is null ? null : ValueText.Parse(column.Type, column.Default);
    }
}
