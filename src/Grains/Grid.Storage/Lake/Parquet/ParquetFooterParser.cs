using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Parquet;

/// <summary>Reads <c>FileMetaData</c>; the numbers are the field ids of parquet.thrift.</summary>
internal static class ParquetFooterParser
{
    public static ParquetFooter Parse(ReadOnlySpan<byte> metadata)
    {
        var reader = new ThriftReader(metadata);
        var rows = 0L;
        ImmutableArray<ParquetLeaf> leaves = [];
        ImmutableArray<ParquetRowGroup> groups = [];
        while (reader.NextField())
        {
            switch (reader.Id)
            {
                case 2:
                    leaves = Leaves(ref reader);
                    break;
                case 3:
                    rows = reader.Integer();
                    break;
                case 4:
                    groups = RowGroups(ref reader);
                    break;
            }
        }

        foreach (var group in groups)
            if (group.Chunks.Length != leaves.Length)
                throw new GridException(GridErrorCode.Corrupt,
                    $"A row group of the Parquet file has {group.Chunks.Length} columns, its schema {leaves.Length}; write the file again.");
        return new ParquetFooter { Rows = rows, Leaves = leaves, RowGroups = groups };
    }

    // The schema is a tree in depth-first order: a group tells how many children follow it.
    private static ImmutableArray<ParquetLeaf> Leaves(ref ThriftReader reader)
    {
        var leaves = ImmutableArray.CreateBuilder<ParquetLeaf>();
        var open = new Stack<(long Left, bool Repeated)>();
        for (var left = reader.BeginStructs(); left > 0; left--)
        {
            var (type, repetition, children, id) = SchemaElement(ref reader);
            while (open.TryPeek(out var full) && full.Left == 0)
                open.Pop();
            var repeated = repetition == 2;
            if (open.TryPop(out var parent))
            {
                repeated |= parent.Repeated;
                open.Push((parent.Left - 1, parent.Repeated));
            }

            if (children > 0)
                open.Push((children, repeated));
            else if (type >= 0)
                leaves.Add(new ParquetLeaf(id, type, repeated));
        }

        return leaves.ToImmutable();
    }

    private static (int Type, int Repetition, int Children, int? Id) SchemaElement(ref ThriftReader reader)
    {
        var (type, repetition, children) = (-1, 0, 0);
        int? id = null;
        var outer = reader.BeginItem();
        while (reader.NextField())
        {
            switch (reader.Id)
            {
                case 1:
                    type = (int)reader.Integer();
                    break;
                case 3:
                    repetition = (int)reader.Integer();
                    break;
                case 5:
                    children = (int)reader.Integer();
                    break;
                case 9:
                    id = (int)reader.Integer();
                    break;
            }
        }

        reader.EndStruct(outer);
        return (type, repetition, children, id);
    }

    private static ImmutableArray<ParquetRowGroup> RowGroups(ref ThriftReader reader)
    {
        var groups = new ParquetRowGroup[reader.BeginStructs()];
        for (var i = 0; i < groups.Length; i++)
        {
            var rows = 0L;
            ParquetChunk[] chunks = [];
            var outer = reader.BeginItem();
            while (reader.NextField())
            {
                if (reader.Id == 1)
                    chunks = Chunks(ref reader);
                else if (reader.Id == 3)
                    rows = reader.Integer();
            }

            reader.EndStruct(outer);
            groups[i] = new ParquetRowGroup(rows, chunks.Length == 0 ? 0 : chunks.Min(chunk => chunk.Offset), ImmutableCollectionsMarshal.AsImmutableArray(chunks));
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(groups);
    }

    private static ParquetChunk[] Chunks(ref ThriftReader reader)
    {
        var chunks = new ParquetChunk[reader.BeginStructs()];
        for (var i = 0; i < chunks.Length; i++)
        {
            var chunk = new ParquetChunk { Values = 0, Bytes = 0, Offset = 0 };
            var (offsetIndex, columnIndex) = (0L, 0L);
            var outer = reader.BeginItem();
            while (reader.NextField())
            {
                switch (reader.Id)
                {
                    case 3:
                        chunk = ChunkMetadata(ref reader);
                        break;
                    case 4:
                        offsetIndex = reader.Integer();
                        break;
                    case 6:
                        columnIndex = reader.Integer();
                        break;
                }
            }

            reader.EndStruct(outer);
            chunks[i] = chunk with { HasPageIndex = offsetIndex > 0 && columnIndex > 0 };
        }

        return chunks;
    }

    private static ParquetChunk ChunkMetadata(ref ThriftReader reader)
    {
        var (values, bytes, data, dictionary) = (0L, 0L, 0L, 0L);
        (long? Nulls, byte[]? Min, byte[]? Max) statistics = default;
        var outer = reader.BeginStruct();
        while (reader.NextField())
        {
            switch (reader.Id)
            {
                case 5:
                    values = reader.Integer();
                    break;
                case 7:
                    bytes = reader.Integer();
                    break;
                case 9:
                    data = reader.Integer();
                    break;
                case 11:
                    dictionary = reader.Integer();
                    break;
                case 12:
                    statistics = Statistics(ref reader);
                    break;
            }
        }

        reader.EndStruct(outer);
        return new ParquetChunk
        {
            Values = values,
            Bytes = bytes,
            Offset = dictionary > 0 ? Math.Min(dictionary, data) : data,
            Nulls = statistics.Nulls,
            Min = statistics.Min,
            Max = statistics.Max,
        };
    }

    // 1 and 2 are an older form of max and min whose order nobody defined.
    private static (long? Nulls, byte[]? Min, byte[]? Max) Statistics(ref ThriftReader reader)
    {
        (long? Nulls, byte[]? Min, byte[]? Max) statistics = default;
        var outer = reader.BeginStruct();
        while (reader.NextField())
        {
            switch (reader.Id)
            {
                case 3:
                    statistics.Nulls = reader.Integer();
                    break;
                case 5:
                    statistics.Max = reader.Binary().ToArray();
                    break;
                case 6:
                    statistics.Min = reader.Binary().ToArray();
                    break;
            }
        }

        reader.EndStruct(outer);
        return statistics;
    }
}
