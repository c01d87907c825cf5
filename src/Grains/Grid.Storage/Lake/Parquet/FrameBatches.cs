using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Parquet;

/// <summary>
/// Committed frames of one bucket as batches of a lake table: the columns of its schema whatever version the frames were written with, then those of
/// <see cref="LakeColumns"/>, then the change kinds where asked for. One caller at a time.
/// </summary>
internal sealed class FrameBatches
{
    private readonly int _bucket;
    private readonly TableSchema _schema;
    private readonly Func<SchemaVersion, TableSchema> _schemaOf;
    private readonly bool _change;
    private readonly Apache.Arrow.Schema _arrow;
    private readonly Dictionary<(SchemaVersion Version, bool Change), Format> _formats = [];

    /// <summary>Prepares.</summary>
    /// <param name="bucket">The bucket's number.</param>
    /// <param name="schema">The table's schema, which the batches have; not extended.</param>
    /// <param name="schemaOf">Schemas by version; asked once for each that occurs.</param>
    /// <param name="change">Whether the batches end with the column <see cref="SystemColumns.ChangeName"/>; rows of frames without change kinds are inserts.</param>
    public FrameBatches(int bucket, TableSchema schema, Func<SchemaVersion, TableSchema> schemaOf, bool change = false)
    {
        _bucket = bucket;
        _schema = schema;
        _schemaOf = schemaOf;
        _change = change;
        _arrow = ArrowSchemas.ToArrow(LakeColumns.Extend(schema), null, change, version: false);
    }

    /// <summary>The batches of a block of whole frames; those without rows have none. Each is the caller's to dispose, and valid while the block is.</summary>
    /// <exception cref="GridException">As <see cref="FrameReader.Read"/> and <see cref="Read(Frame)"/>.</exception>
    public IEnumerable<RecordBatch> Read(ReadOnlyMemory<byte> frames)
    {
        while (!frames.IsEmpty)
        {
            var frame = First(frames);
            frames = frames[frame.Header.FrameLength..];
            if (frame.Header.RowCount > 0)
                yield return Read(frame);
        }
    }

    /// <summary>The rows of a frame; buffers that are neither compressed nor converted are not copied: the batch is valid while the frame is.</summary>
    /// <exception cref="GridException">As <see cref="FrameDecoder.Decode"/> and <see cref="BatchConverter"/>; <see cref="GridErrorCode.SchemaStale"/>: the frame
    /// was written with a newer schema than this was made for.</exception>
    public RecordBatch Read(Frame frame)
    {
        var header = frame.Header;
        var change = header.Flags.HasFlag(FrameFlags.ChangeKinds);
        var format = FormatOf(header.SchemaVersion, change);
        var source = FrameDecoder.Decode(frame.Message, header.RowCount, format.Schema);
        RecordBatch? batch = null;
        try
        {
            var rows = format.Converter.Convert(source);
            var arrays = new List<IArrowArray>(_arrow.FieldsList.Count);
            for (var i = 0; i < _schema.Columns.Length; i++)
                arrays.Add(rows.Column(i));
            var places = new RowPlaces(header.RowCount);
            arrays.Add(format.Bucket(header.RowCount));
            arrays.Add(places.Offsets(header.BaseOffset, _arrow.FieldsList[arrays.Count].DataType));
            arrays.Add(places.Timestamps(header.TimestampMs, _arrow.FieldsList[arrays.Count].DataType));
            if (_change)
                arrays.Add(change ? rows.Column(_schema.Columns.Length) : format.Inserts(header.RowCount));
            return batch = new SharingBatch(_arrow, arrays, header.RowCount, source, places);
        }
        finally
        {
            if (batch is null)
                source.Dispose();
        }
    }

    private Format FormatOf(SchemaVersion version, bool change)
    {
        if (_formats.TryGetValue((version, change), out var format))
            return format;
        // Columns that an older schema lacks would be lost without a word.
        if (version.Value > _schema.Version.Value)
            throw new GridException(GridErrorCode.SchemaStale, $"A frame has schema version {version}, newer than {_schema.Version}; read the table's schema again.")
            { Detail = version.Value };
        var from = version == _schema.Version ? _schema : _schemaOf(version);
        format = new Format(ArrowSchemas.ToArrow(from, null, change, version: false), new BatchConverter(from, null, _schema, null), _bucket);
        _formats.Add((version, change), format);
        return format;
    }

    private static Frame First(ReadOnlyMemory<byte> frames)
    {
        var reader = new FrameReader(frames);
        reader.Read();
        return reader.Current;
    }

    /// <summary>What frames of one version need; its constant columns are made once for the longest frame.</summary>
    private sealed record Format(Apache.Arrow.Schema Schema, BatchConverter Converter, int Number)
    {
        private ArrayData? _bucket;
        private ArrayData? _inserts;

        public IArrowArray Bucket(int rows) => Take(ref _bucket, Number, Int32Type.Default, rows);

        public IArrowArray Inserts(int rows) => Take(ref _inserts, (sbyte)ChangeKind.Insert, Int8Type.Default, rows);

        private static IArrowArray Take<T>(ref ArrayData? longest, T value, IArrowType type, int rows)
            where T : unmanaged
        {
            if (longest is null || longest.Length < rows)
                longest = Constant(value, type, rows);
            return ArrowArrayFactory.BuildArray(longest.Slice(0, rows));
        }

        private static ArrayData Constant<T>(T value, IArrowType type, int rows)
            where T : unmanaged
        {
            var bytes = new byte[rows * Marshal.SizeOf<T>()];
            MemoryMarshal.Cast<byte, T>(bytes.AsSpan()).Fill(value);
            return new ArrayData(type, rows, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(bytes)], null);
        }
    }
}
