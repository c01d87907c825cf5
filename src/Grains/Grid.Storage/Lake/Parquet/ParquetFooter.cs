using System.Buffers.Binary;
using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Parquet;

/// <summary>
/// What stands at the end of a Parquet file, as far as manifests and readers that skip row groups need it (parquet.thrift, <c>FileMetaData</c>):
/// <code>PAR1 | row groups | page indexes | FileMetaData | its length, 4 bytes | PAR1</code>
/// </summary>
internal sealed record ParquetFooter
{
    /// <summary>Bytes behind the metadata: its length and the magic.</summary>
    public const int TailBytes = 8;

    /// <summary>Rows of the file.</summary>
    public required long Rows { get; init; }

    /// <summary>The leaf columns, in the order of every row group's chunks.</summary>
    public required ImmutableArray<ParquetLeaf> Leaves { get; init; }

    /// <summary>The row groups in file order.</summary>
    public required ImmutableArray<ParquetRowGroup> RowGroups { get; init; }

    /// <summary>The metadata's length, from a file's last eight bytes.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: they are not those of a Parquet file.</exception>
    public static int LengthOf(ReadOnlySpan<byte> tail)
    {
        var length = tail.Length == TailBytes && tail[sizeof(int)..].SequenceEqual("PAR1"u8) ? BinaryPrimitives.ReadInt32LittleEndian(tail) : -1;
        return length > 0 ? length : throw new GridException(GridErrorCode.Corrupt,
            "The file does not end as a Parquet file does (a footer length, PAR1); it was cut, or is encrypted.");
    }

    /// <summary>Reads the metadata.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>.</exception>
    public static ParquetFooter Parse(ReadOnlySpan<byte> metadata) => ParquetFooterParser.Parse(metadata);

    /// <summary>Reads the footer of a whole file.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>; <see cref="GridErrorCode.TooLarge"/>: longer than <paramref name="lengthMax"/>.</exception>
    public static ParquetFooter Read(Stream file, int lengthMax)
    {
        ArgumentNullException.ThrowIfNull(file);
        Span<byte> tail = stackalloc byte[TailBytes];
        if (file.Length < TailBytes)
            LengthOf([]);
        file.Position = file.Length - TailBytes;
        file.ReadExactly(tail);
        var length = LengthOf(tail);
        if (length > file.Length - TailBytes)
            LengthOf([]);
        if (length > lengthMax)
            throw new GridException(GridErrorCode.TooLarge, $"The Parquet footer has {length} bytes; the limit is {lengthMax}.");
        var metadata = new byte[length];
        file.Position = file.Length - TailBytes - length;
        file.ReadExactly(metadata);
        return Parse(metadata);
    }
}
