using System.Collections.Immutable;
using System.Numerics;
using Apache.Arrow;
using Grid.Abstractions;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Lake.Parquet;

/// <summary>Counts the not-a-numbers of float columns, those within structs too, as batches pass; Parquet's statistics don't. Lists and maps are not looked into.</summary>
internal sealed class NanCounter
{
    private readonly Leaf[] _leaves;
    private readonly long[] _counts;

    /// <summary>Prepares.</summary>
    public NanCounter(TableSchema stored)
    {
        var leaves = new List<Leaf>();
        for (var i = 0; i < stored.Columns.Length; i++)
            Find(stored.Columns[i], [i], leaves);
        _leaves = [.. leaves];
        _counts = new long[_leaves.Length];
    }

    /// <summary>The counts so far by column id.</summary>
    public ImmutableSortedDictionary<int, long> Counts =>
        _leaves.Select((leaf, i) => KeyValuePair.Create(leaf.Id, _counts[i])).ToImmutableSortedDictionary();

    /// <summary>Counts those of a batch's columns.</summary>
    public void Add(IReadOnlyList<ArrayData> columns)
    {
        for (var i = 0; i < _leaves.Length; i++)
            _counts[i] += _leaves[i].Wide ? Count<double>(columns, _leaves[i].Path) : Count<float>(columns, _leaves[i].Path);
    }

    private static long Count<T>(IReadOnlyList<ArrayData> columns, int[] path)
        where T : struct, IFloatingPointIeee754<T>
    {
        // Row i of a struct is item (offset + i) of its children, which have offsets of their own.
        var leaf = columns[path[0]];
        var (start, length) = (0, leaf.Length);
        foreach (var index in path.AsSpan(1))
        {
            start += leaf.Offset;
            leaf = leaf.Children[index];
        }

        var count = 0L;
        var values = ScalarArrays.Values<T>(leaf).Slice(start, length);
        for (var i = 0; i < values.Length; i++)
            if (T.IsNaN(values[i]) && IsPresent(columns, path, i))
                count++;
        return count;
    }

    // Anything may stand below a null: the value counts where all structs on the way to it are there, and itself.
    private static bool IsPresent(IReadOnlyList<ArrayData> columns, int[] path, int row)
    {
        var data = columns[path[0]];
        for (var depth = 1; ; depth++)
        {
            row += data.Offset;
            if (data.NullCount != 0 && !data.Buffers[0].IsEmpty && !Bits.Get(data.Buffers[0].Span, row))
                return false;
            if (depth == path.Length)
                return true;
            data = data.Children[path[depth]];
        }
    }

    private static void Find(Column column, int[] path, List<Leaf> leaves)
    {
        if (column.Type.Kind is TypeKind.Float32 or TypeKind.Float64)
            leaves.Add(new Leaf(column.Id.Value, path, column.Type.Kind == TypeKind.Float64));
        for (var i = 0; column.Type.Kind == TypeKind.Struct && i < column.Type.Children.Length; i++)
            Find(column.Type.Children[i], [.. path, i], leaves);
    }

    private sealed record Leaf(int Id, int[] Path, bool Wide);
}
