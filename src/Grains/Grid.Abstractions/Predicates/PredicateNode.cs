using System.Buffers;
using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>A predicate bound to a schema: evaluates whole columns.</summary>
internal abstract class PredicateNode
{
    /// <summary>Gives each row its truth value.</summary>
    public abstract void Evaluate(RowColumns columns, Span<byte> truth);

    /// <summary>The truth values that rows of a frame may have, see <see cref="Truth"/>.</summary>
    public abstract int Possible(FrameStatistics statistics, TableSchema frameSchema);
}

/// <summary>Where a predicate's columns stand in a batch.</summary>
internal readonly ref struct RowColumns(RecordBatch batch, ReadOnlySpan<int> indexes)
{
    private readonly ReadOnlySpan<int> _indexes = indexes;

    /// <summary>The array of the predicate's column at <paramref name="slot"/>.</summary>
    public ArrayData this[int slot] => batch.Column(_indexes[slot]).Data;
}

/// <summary>AND or OR of parts.</summary>
internal sealed class CombineNode(PredicateNode[] parts, bool isAnd) : PredicateNode
{
    public override void Evaluate(RowColumns columns, Span<byte> truth)
    {
        parts[0].Evaluate(columns, truth);
        if (parts.Length == 1)
            return;
        var rented = ArrayPool<byte>.Shared.Rent(truth.Length);
        var other = rented.AsSpan(0, truth.Length);
        for (var i = 1; i < parts.Length && !IsDecided(truth); i++)
        {
            parts[i].Evaluate(columns, other);
            if (isAnd)
                Truth.And(truth, other);
            else
                Truth.Or(truth, other);
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    public override int Possible(FrameStatistics statistics, TableSchema frameSchema)
    {
        var possible = parts[0].Possible(statistics, frameSchema);
        for (var i = 1; i < parts.Length; i++)
        {
            var other = parts[i].Possible(statistics, frameSchema);
            possible = isAnd ? Truth.And(possible, other) : Truth.Or(possible, other);
        }

        return possible;
    }

    // No further part can change a row that is false (AND) or true (OR).
    private bool IsDecided(ReadOnlySpan<byte> truth) => !truth.ContainsAnyExcept(isAnd ? Truth.False : Truth.True);
}

/// <summary>NOT of a part.</summary>
internal sealed class NotNode(PredicateNode part) : PredicateNode
{
    public override void Evaluate(RowColumns columns, Span<byte> truth)
    {
        part.Evaluate(columns, truth);
        Truth.Not(truth);
    }

    public override int Possible(FrameStatistics statistics, TableSchema frameSchema) => Truth.Not(part.Possible(statistics, frameSchema));
}

/// <summary>IS NULL or IS NOT NULL of a column.</summary>
internal sealed class NullNode(Column column, int slot, bool negated) : PredicateNode
{
    public override void Evaluate(RowColumns columns, Span<byte> truth)
    {
        var data = columns[slot];
        truth.Fill(negated ? Truth.True : Truth.False);
        var validity = data.Buffers[0].Span;
        if (validity.IsEmpty || data.NullCount == 0)
            return;
        var whereNull = negated ? Truth.False : Truth.True;
        for (var row = 0; row < truth.Length; row++)
            if (!BitUtility.GetBit(validity, data.Offset + row))
                truth[row] = whereNull;
    }

    public override int Possible(FrameStatistics statistics, TableSchema frameSchema)
    {
        var (isNull, hasValue) = (true, true);
        if (frameSchema.IndexOf(column.Id) < 0)
            (isNull, hasValue) = (column.Default is null, column.Default is not null);
        else if (statistics.TryGet(column.Id, out var known))
            (isNull, hasValue) = (known.NullCount > 0, known.NullCount < statistics.RowCount);
        return (isNull ? negated ? Truth.MayBeFalse : Truth.MayBeTrue : 0) | (hasValue ? negated ? Truth.MayBeTrue : Truth.MayBeFalse : 0);
    }
}
