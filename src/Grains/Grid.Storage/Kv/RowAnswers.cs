using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>Makes frames of stored rows; keeps a few plans, so that a lookup of one row allocates next to nothing. Thread safe.</summary>
internal sealed class RowAnswers(RowLayouts layouts) : IDisposable
{
    private const int PlansMax = 8;
    private readonly AnswerPlan?[] _plans = new AnswerPlan?[PlansMax];
    private bool _closed;

    public RowLayouts Layouts => layouts;

    /// <summary>Checks a reader's wishes before any row is read.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.SchemaMismatch"/>, <see cref="GridErrorCode.UnknownColumn"/>, <see cref="GridErrorCode.InvalidArgument"/>: one is named twice.</exception>
    public void Check(AnswerShape shape)
    {
        var schema = layouts.Table.GetSchema(shape.SchemaVersion);
        if (shape.Columns.IsDefault)
            return;
        if (shape.Columns.Length > TableSchema.ColumnsMax)
            throw new GridException(GridErrorCode.TooLarge, $"{shape.Columns.Length} columns were asked for; a table has at most {TableSchema.ColumnsMax}.");
        foreach (var id in shape.Columns)
            schema.GetColumn(id);
        if (HasTwice(shape.Columns.AsSpan()) is { } twice)
            throw new GridException(GridErrorCode.InvalidArgument, $"Column {twice} is asked for twice; name each column once.");
    }

    /// <summary>Builds one frame of the first rows, as many as fit a call; at least one.</summary>
    /// <param name="rows">The rows, not empty; stale ones are replaced where they are mixed with others.</param>
    /// <param name="shape">What is wanted.</param>
    /// <param name="taken">How many rows are in the frame.</param>
    public FrameBlock Build(Span<RowRef> rows, AnswerShape shape, out int taken)
    {
        using var arena = new NativeArena();
        if (IsMixed(rows))
        {
            using var upgrader = new RowUpgrader(layouts);
            upgrader.Upgrade(rows, arena);
        }

        var plan = Take(layouts.Of(rows[0]).Schema.Version, shape);
        try
        {
            taken = rows.Length;
            while (true)
            {
                var block = plan.Build(rows[..taken]);
                if (block.Length <= GridLimits.CallBytesMax || taken == 1)
                    return block;

                // A little less than the share that fits, so that the second try is the last.
                taken = Math.Clamp((int)((long)taken * GridLimits.CallBytesMax / block.Length * 15 / 16), 1, taken - 1);
                block.Dispose();
            }
        }
        finally
        {
            Return(plan);
        }
    }

    public void Dispose()
    {
        Volatile.Write(ref _closed, true);
        for (var i = 0; i < PlansMax; i++)
            Interlocked.Exchange(ref _plans[i], null)?.Dispose();
    }

    /// <summary>A column that is there more than once: a large value times thousands of columns would not be bounded by anything.</summary>
    private static ColumnId? HasTwice(ReadOnlySpan<ColumnId> columns)
    {
        const int FewColumns = 32;
        if (columns.Length > FewColumns)
        {
            var seen = new HashSet<ColumnId>(columns.Length);
            foreach (var id in columns)
                if (!seen.Add(id))
                    return id;
            return null;
        }

        for (var i = 1; i < columns.Length; i++)
            if (columns[..i].Contains(columns[i]))
                return columns[i];
        return null;
    }

    private static bool IsMixed(ReadOnlySpan<RowRef> rows)
    {
        for (var i = 1; i < rows.Length; i++)
            if (rows[i].Length < RowRef.HeaderBytes || rows[0].Length < RowRef.HeaderBytes || rows[i].SchemaVersion != rows[0].SchemaVersion)
                return true;
        return false;
    }

    private AnswerPlan Take(SchemaVersion rows, AnswerShape shape)
    {
        for (var i = 0; i < PlansMax; i++)
        {
            var plan = Interlocked.Exchange(ref _plans[i], null);
            if (plan is null)
                continue;
            if (plan.Rows == rows && plan.Shape == shape)
                return plan;
            if (Interlocked.CompareExchange(ref _plans[i], plan, null) is not null)
                plan.Dispose();
        }

        return new AnswerPlan(layouts, rows, shape);
    }

    private void Return(AnswerPlan plan)
    {
        for (var i = 0; i < PlansMax && !Volatile.Read(ref _closed); i++)
            if (Interlocked.CompareExchange(ref _plans[i], plan, null) is null)
                return;
        if (Volatile.Read(ref _closed))
            plan.Dispose();
        else
            Interlocked.Exchange(ref _plans[Environment.CurrentManagedThreadId % PlansMax], plan)?.Dispose();
    }
}
