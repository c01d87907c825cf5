using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>
/// Collects what one write changes and makes it a changelog frame: before and after images in order, column by column from their rows. The
/// version of a new row is the offset at which it stands here. One caller at a time.
/// </summary>
internal sealed class Changelog : IDisposable
{
    private readonly TableSchema _schema;
    private readonly RowDecoder _decoder;
    private readonly FrameEncoder _encoder;
    private RowRef[] _rows = new RowRef[64];
    private sbyte[] _kinds = new sbyte[64];
    private int _count;
    private long _base;

    public Changelog(RowLayouts layouts)
    {
        _schema = layouts.Newest.Schema;
        _decoder = new RowDecoder(layouts.Newest, null, change: true, version: false);
        _encoder = new FrameEncoder(new FrameEncoderOptions { Compression = layouts.Table.Options.Compression });
    }

    /// <summary>Begins a frame whose first row gets this offset.</summary>
    public void Start(LogOffset baseOffset)
    {
        _count = 0;
        _base = baseOffset.Value;
    }

    public void Insert(RowRef row) => Add(ChangeKind.Insert, row, isNew: true);

    public void Update(RowRef before, RowRef after)
    {
        Add(ChangeKind.UpdateBefore, before, isNew: false);
        Add(ChangeKind.UpdateAfter, after, isNew: true);
    }

    public void Delete(RowRef row) => Add(ChangeKind.Delete, row, isNew: false);

    /// <summary>The frame, in a block that the caller owns.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.TooLarge"/>: before and after images do not fit a frame.</exception>
    public FrameBlock Build(WriterId writer, int sequence)
    {
        var block = _encoder.Encode(_decoder.Decode(_rows.AsSpan(0, _count), _kinds), _schema, null, FrameFlags.ChangeKinds, writer, sequence);
        if (_rows.Length > 16 * 1024)
        {
            _rows = new RowRef[64];
            _kinds = new sbyte[64];
        }

        return block;
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _encoder.Dispose();
    }

    private void Add(ChangeKind kind, RowRef row, bool isNew)
    {
        if (_count == FrameHeader.RowCountMax)
            throw new GridException(GridErrorCode.TooLarge, $"The changes of one write have more than {FrameHeader.RowCountMax} rows; write fewer rows at once.");
        if (_count == _rows.Length)
        {
            Array.Resize(ref _rows, 2 * _count);
            Array.Resize(ref _kinds, 2 * _count);
        }

        if (isNew)
            row.SetVersion(_base + _count);
        _rows[_count] = row;
        _kinds[_count++] = (sbyte)kind;
    }
}
