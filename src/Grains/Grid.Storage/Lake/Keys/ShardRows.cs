using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;
using Grid.Storage.Buckets;
using Grid.Storage.Lake.Parquet;

namespace Grid.Storage.Lake.Keys;

/// <summary>
/// All rows of a bucket as of one offset, page by page in key order, for a lake that begins when the changelog does not go back to the first change any more. When those rows were committed nobody knows now:
/// they get the time of the newest, which is not before any of theirs. One caller at a time.
/// </summary>
internal sealed class ShardRows : IAsyncDisposable
{
    private readonly BucketEngine _engine;
    private readonly int _bucket;
    private readonly TableSchema _schema;
    private readonly Apache.Arrow.Schema _page;
    private readonly Apache.Arrow.Schema _arrow;
    private readonly KeyEncoder _encoder;
    private readonly int[] _keyColumns;
    private readonly long _timestampMs;
    private ScanAnswer? _answer;
    private long _scan;
    private int _pageNumber;

    private ShardRows(BucketEngine engine, int bucket, TableSchema schema, ScanAnswer first)
    {
        _engine = engine;
        _bucket = bucket;
        _schema = schema;
        _page = ArrowSchemas.ToArrow(schema, null, change: false, version: true);
        _arrow = ArrowSchemas.ToArrow(LakeColumns.Extend(schema));
        _encoder = new KeyEncoder(schema, schema.PrimaryKey);
        _keyColumns = [.. schema.PrimaryKey.Select(schema.IndexOf)];
        _timestampMs = Math.Max(0, engine.GetStatus().LastTimestampMs);
        (_answer, _scan) = (first, first.ScanId);
    }

    /// <summary>The offset that they are as of.</summary>
    public LogOffset Offset => _answer?.Offset ?? default;

    /// <summary>Begins.</summary>
    public static async Task<ShardRows> OpenAsync(BucketEngine engine, int bucket, TableSchema schema, CancellationToken cancellationToken) =>
        new(engine, bucket, schema, await engine.OpenScanAsync(new ScanRequest { SchemaVersion = schema.Version, Versions = true }, cancellationToken).ConfigureAwait(false));

    /// <summary>The next rows, the caller's to dispose; null: there are no more.</summary>
    public async ValueTask<KeyedRows?> NextAsync(CancellationToken cancellationToken)
    {
        if (_answer is null)
        {
            if (_scan == 0)
                return null;
            _answer = await _engine.NextScanAsync(_scan, ++_pageNumber, cancellationToken).ConfigureAwait(false);
            _scan = _answer.ScanId;
        }

        var block = _answer.Rows;
        _answer = null;
        return block is null ? null : Read(block);
    }

    public async ValueTask DisposeAsync()
    {
        _answer?.Rows?.Dispose();
        if (_scan != 0)
            await _engine.CloseScanAsync(_scan).ConfigureAwait(false);
    }

    private KeyedRows Read(FrameBlock block)
    {
        RecordBatch? rows = null;
        try
        {
            var reader = new FrameReader(block.Memory);
            reader.Read();
            var frame = reader.Current;
            rows = FrameDecoder.Decode(frame.Message, frame.Header.RowCount, _page);
            var keys = _encoder.Encode(rows, _keyColumns);
            var columns = _schema.Columns.Length;
            var arrays = new IArrowArray[columns + 3];
            for (var i = 0; i < columns; i++)
                arrays[i] = rows.Column(i);
            arrays[columns] = Constant(_bucket, Int32Type.Default, rows.Length);
            arrays[columns + 1] = rows.Column(columns);
            arrays[columns + 2] = Constant(_timestampMs * 1000, _arrow.FieldsList[columns + 2].DataType, rows.Length);
            return new KeyedRows(new SharingBatch(_arrow, arrays, rows.Length, rows, block), row => keys[row], keys);
        }
        catch
        {
            rows?.Dispose();
            block.Dispose();
            throw;
        }
    }

    private static IArrowArray Constant<T>(T value, IArrowType type, int rows)
        where T : unmanaged
    {
        var bytes = new byte[rows * Marshal.SizeOf<T>()];
        MemoryMarshal.Cast<byte, T>(bytes.AsSpan()).Fill(value);
        return ArrowArrayFactory.BuildArray(new ArrayData(type, rows, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(bytes)], null));
    }
}
