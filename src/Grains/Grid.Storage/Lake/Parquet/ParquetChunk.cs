namespace Grid.Storage.Lake.Parquet;

/// <summary>One column's part of a row group.</summary>
internal sealed record ParquetChunk
{
    /// <summary>Values, nulls and the entries of empty lists included.</summary>
    public required long Values { get; init; }

    /// <summary>Bytes in the file.</summary>
    public required long Bytes { get; init; }

    /// <summary>Where its first page begins.</summary>
    public required long Offset { get; init; }

    /// <summary>Nulls; null where the writer didn't say.</summary>
    public long? Nulls { get; init; }

    /// <summary>At or below every value, PLAIN-encoded without a length; null where the writer gave none.</summary>
    public byte[]? Min { get; init; }

    /// <summary>At or above every value.</summary>
    public byte[]? Max { get; init; }

    /// <summary>Whether the page index has it: the places of its pages and what lies in each.</summary>
    public bool HasPageIndex { get; init; }
}
