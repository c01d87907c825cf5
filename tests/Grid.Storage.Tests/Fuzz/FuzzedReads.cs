using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Testing.Rows;

namespace Grid.Storage.Tests.Fuzz;

/// <summary>Hostile reads: offsets and limits out of range, columns twice or unknown, predicates deep, wide and broken, key blocks with damage.</summary>
internal sealed class FuzzedReads(TableInfo table, FuzzBucket bucket, FrameMutator mutator, IReadOnlyList<byte[]> keys, Random random)
{
    private long _scan;

    public async Task AskAsync()
    {
        switch (random.Next(table.HasPrimaryKey ? 8 : 4))
        {
            case 0 or 1 or 2:
                (await bucket.AskAsync(() => bucket.Engine.FetchAsync(Fetch(), default)))?.Frames?.Dispose();
                break;
            case 3:
                var query = new OffsetQuery { Place = (OffsetPlace)random.Next(5), TimestampMs = mutator.Extreme() };
                await bucket.AskAsync(async () => (object)await bucket.Engine.FindOffsetAsync(query, default));
                break;
            case 4 or 5:
                (await bucket.AskAsync(() => bucket.Engine.LookupAsync(Lookup(), default)))?.Rows?.Dispose();
                break;
            case 6:
                Seen(await bucket.AskAsync(() => bucket.Engine.OpenScanAsync(Scan(), default)));
                break;
            default:
                var (id, page) = (random.Next(3) == 0 ? mutator.Extreme() : _scan, random.Next(-1, 4));
                if (random.Next(4) == 0)
                    await bucket.Engine.CloseScanAsync(id);
                else
                    Seen(await bucket.AskAsync(() => bucket.Engine.NextScanAsync(id, random.Next(20) == 0 ? (int)mutator.Extreme() : page, default)));
                break;
        }
    }

    private void Seen(ScanAnswer? answer)
    {
        if (answer is null)
            return;
        answer.Rows?.Dispose();
        if (answer.ScanId != 0)
            _scan = answer.ScanId;
    }

    private FetchRequest Fetch() => new()
    {
        Offset = random.Next(5) == 0 ? new LogOffset(mutator.Extreme()) : new LogOffset(random.NextInt64(bucket.Status.StartOffset.Value, bucket.Status.LogEndOffset.Value + 1)),
        BytesMax = random.Next(8) == 0 ? (int)mutator.Extreme() : random.Next(1, GridLimits.CallBytesMax),
        WaitMsMax = random.Next(8) == 0 ? (int)mutator.Extreme() : random.Next(2),
        Project = random.Next(2) == 0,
        Columns = Columns(),
        Filter = random.Next(2) == 0 ? Filter() : null,
        SchemaVersion = Version(),
    };

    private LookupRequest Lookup() => new()
    {
        Keys = random.Next(200) == 0 ? null! : FrameBlock.Wrap(mutator.Next(keys[random.Next(keys.Count)])),
        SchemaVersion = Version(),
        Project = random.Next(2) == 0,
        Columns = Columns(),
        Versions = random.Next(2) == 0,
        Floor = Floor(),
    };

    private ScanRequest Scan() => new()
    {
        Lower = Bound(),
        Upper = Bound(),
        Limit = random.Next(3) == 0 ? mutator.Extreme() : random.Next(100),
        SchemaVersion = Version(),
        Project = random.Next(2) == 0,
        Columns = Columns(),
        Versions = random.Next(2) == 0,
        Floor = Floor(),
    };

    private SchemaVersion Version() => new((ushort)(random.Next(10) == 0 ? mutator.Extreme() : random.Next(1, table.Schemas.Length + 1)));

    private LogOffset Floor() => random.Next(50) == 0 ? new LogOffset(mutator.Extreme()) : default;

    private ImmutableArray<byte> Bound()
    {
        switch (random.Next(6))
        {
            case 0:
                return default;
            case 1:
                var any = new byte[random.Next(50) == 0 ? GridLimits.KeyBytesMax + random.Next(-1, 2) : random.Next(12)];
                random.NextBytes(any);
                return [.. any];
            case 2:
                return [.. mutator.Next(keys[random.Next(keys.Count)][8..])];
            default:
                return [];
        }
    }

    private ImmutableArray<ColumnId> Columns()
    {
        if (random.Next(30) == 0)
            return default;
        if (random.Next(100) == 0)
            return [.. Enumerable.Repeat(new ColumnId(1), TableSchema.ColumnsMax + random.Next(-1, 2))];
        return [.. Enumerable.Range(0, random.Next(6)).Select(_ => Column())];
    }

    private ColumnId Column() => new(random.Next(30) == 0 ? (int)mutator.Extreme() : random.Next(1, table.Schema.LastColumnId + 1));

    private Predicate Filter()
    {
        switch (random.Next(40))
        {
            case 0: // deeper than any stack would bear
                Predicate deep = new NullPredicate(Column(), Negated: false);
                for (var depth = random.Next(2) == 0 ? 40 : 100_000; depth > 0; depth--)
                    deep = depth % 2 == 0 ? new NotPredicate(deep) : new AndPredicate([deep]);
                return deep;
            case 1:
                return new OrPredicate([.. Enumerable.Range(0, random.Next(4000, 4200)).Select(_ => Filter(0))]);
            default:
                return Filter(random.Next(5));
        }
    }

    private Predicate Filter(int depth)
    {
        switch (depth == 0 ? random.Next(2) : random.Next(8))
        {
            case 0:
                return new NullPredicate(Column(), random.Next(2) == 0);
            case 2:
                return new NotPredicate(random.Next(100) == 0 ? null! : Filter(depth - 1));
            case 3 or 4:
                return new AndPredicate(Parts(depth));
            case 5 or 6:
                return new OrPredicate(Parts(depth));
            default:
                var column = table.Schema.Columns[random.Next(table.Schema.Columns.Length)];
                var value = column.Type.IsNested || random.Next(10) == 0 ? "1" : ValueText.Format(column.Type, RandomValues.Next(column.Type, random));
                return new ComparePredicate(column.Id, (CompareOperator)random.Next(7), random.Next(100) == 0 ? null! : value);
        }
    }

    private ImmutableArray<Predicate> Parts(int depth) =>
        random.Next(40) == 0 ? default : [.. Enumerable.Range(0, random.Next(4)).Select(_ => Filter(depth - 1))];
}
