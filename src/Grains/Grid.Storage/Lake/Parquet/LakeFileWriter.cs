using System.Collections.Immutable;
using Apache.Arrow;
using Grid.Abstractions;
using ParquetSharp;
using ParquetSharp.Arrow;

namespace Grid.Storage.Lake.Parquet;

/// <summary>
/// Writes batches into one Parquet file on a stream, from its beginning to its end; the stream need not seek and stays open. Native and blocking, so never on
/// a grain's turn. One caller at a time. Disposed without <see cref="Close"/>, it leaves a stream that is no Parquet file.
/// <para>Memory: the encoded pages of one row group (<see cref="LakeWriterOptions"/>), outside the managed heap, and at the end two footers' worth.</para>
/// </summary>
internal sealed class LakeFileWriter : IDisposable
{
    private readonly LakeWriterOptions _options;
    private readonly TableSchema _stored;
    private readonly Apache.Arrow.Schema _arrow;
    private readonly NanCounter _nans;
    private readonly LakeOutput _output;
    private readonly WriterProperties _properties;
    private readonly ArrowWriterProperties _arrowProperties;
    private readonly FileWriter _writer;
    private int _groupRows;
    private bool _closed;

    /// <summary>Begins a file.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="schema">Its columns, with ids on all of them: a table's, or <see cref="LakeColumns.Extend"/> of it.</param>
    /// <param name="options">How.</param>
    public LakeFileWriter(Stream output, TableSchema schema, LakeWriterOptions options)
    {
        _options = options;
        _stored = LakeTypes.Stored(schema);
        _arrow = LakeFields.Of(_stored);
        _nans = new NanCounter(_stored);
        _output = new LakeOutput(output);
        using var builder = new WriterPropertiesBuilder();
        _properties = builder
            .Compression(Compression.Zstd)
            .CompressionLevel(options.ZstdLevel)
            .MaxRowGroupLength(options.RowGroupRowsMax)
            .DataPagesize(options.PageBytes)
            .EnableStatistics()
            .EnableWritePageIndex()
            .EnablePageChecksum()
            .EnableStoreDecimalAsInteger()
            .Build();
        using var arrowBuilder = new ArrowWriterPropertiesBuilder();
        _arrowProperties = arrowBuilder.UseThreads(false).Build();
        try
        {
            _writer = new FileWriter(_output, _arrow, _properties, _arrowProperties, leaveOpen: true);
        }
        catch
        {
            _arrowProperties.Dispose();
            _properties.Dispose();
            _output.Failure?.Throw(); // the file's first bytes went out here
            throw;
        }
    }

    /// <summary>Rows written.</summary>
    public long Rows { get; private set; }

    /// <summary>Bytes that have left for the stream: all but the row group at work.</summary>
    public long BytesOut => _output.Bytes;

    /// <summary>Arrow bytes of the row group at work; what they become is a fraction of it.</summary>
    public long GroupBytes { get; private set; }

    /// <summary>Adds rows. The batch stays the caller's and is not needed afterwards. Columns behind the schema's are left out.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.SchemaMismatch"/>: too few columns. What the stream throws comes through as it is.</exception>
    public void Write(RecordBatch batch)
    {
        if (batch.ColumnCount < _arrow.FieldsList.Count)
            throw new GridException(GridErrorCode.SchemaMismatch, $"The batch has {batch.ColumnCount} columns, the file {_arrow.FieldsList.Count}.");
        if (batch.Length == 0)
            return;
        var columns = new ArrayData[_arrow.FieldsList.Count];
        for (var i = 0; i < columns.Length; i++)
            columns[i] = LakeArrays.Reshape(batch.Column(i).Data, _arrow.FieldsList[i].DataType);
        _nans.Add(columns);

        // A batch larger than a row group is cut into pieces that are not.
        var bytes = Math.Max(1, columns.Sum(ArrayBytes.Of));
        var rows = (int)Int128.Clamp((Int128)batch.Length * _options.RowGroupBytesMax / bytes, 1, _options.RowGroupRowsMax);
        if (rows >= batch.Length)
            WritePiece(columns, batch.Length, bytes);
        else
            for (var start = 0; start < batch.Length; start += rows)
                WriteSlice(columns, start, Math.Min(rows, batch.Length - start));
    }

    /// <summary>Ends the file.</summary>
    /// <param name="location">Where it lies, for the answer.</param>
    /// <param name="partition">The partition's values, for the answer.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.TooLarge"/>: the footer is longer than <see cref="LakeWriterOptions.FooterBytesMax"/>.</exception>
    public LakeFile Close(string location, ImmutableArray<object?> partition)
    {
        _output.KeepTail(_options.FooterBytesMax + ParquetFooter.TailBytes);
        Call(_writer.Close);
        _closed = true;
        var file = new LakeFile
        {
            Location = location,
            Partition = partition,
            Rows = Rows,
            Bytes = _output.Bytes,
            NanCounts = _nans.Counts,
        };
        return LakeFileMetrics.Fill(file, Footer(), _stored);
    }

    public void Dispose()
    {
        if (!_closed)
            _output.Discard();
        _writer.Dispose();
        _arrowProperties.Dispose();
        _properties.Dispose();
        _output.Dispose();
    }

    private void WriteSlice(ArrayData[] columns, int start, int rows)
    {
        ArrayData[] slice = [.. columns.Select(column => column.Slice(start, rows))];
        WritePiece(slice, rows, slice.Sum(ArrayBytes.Of));
    }

    private void WritePiece(ArrayData[] columns, int rows, long bytes)
    {
        if (_groupRows > 0 && (_groupRows + rows > _options.RowGroupRowsMax || GroupBytes + bytes > _options.RowGroupBytesMax))
        {
            Call(_writer.NewBufferedRowGroup);
            (_groupRows, GroupBytes) = (0, 0);
        }

        // Not disposed: it owns no memory, the arrays' buffers are the caller's.
        var batch = new RecordBatch(_arrow, columns.Select(ArrowArrayFactory.BuildArray), rows);
        Call(() => _writer.WriteBufferedRecordBatch(batch));
        _groupRows += rows;
        GroupBytes += bytes;
        Rows += rows;
    }

    private ParquetFooter Footer()
    {
        var tail = _output.Tail;
        var length = ParquetFooter.LengthOf(tail[^ParquetFooter.TailBytes..]);
        return length <= tail.Length - ParquetFooter.TailBytes
            ? ParquetFooter.Parse(tail[^(length + ParquetFooter.TailBytes)..^ParquetFooter.TailBytes])
            : throw new GridException(GridErrorCode.TooLarge,
                $"The Parquet footer has {length} bytes; the limit is {_options.FooterBytesMax}. "
                    + $"Write larger row groups or fewer of them to a file, or raise {nameof(LakeWriterOptions.FooterBytesMax)}.");
    }

    private void Call(Action native)
    {
        try
        {
            native();
        }
        catch (ParquetException) when (_output.Failure is { } failure)
        {
            failure.Throw();
        }
    }
}
