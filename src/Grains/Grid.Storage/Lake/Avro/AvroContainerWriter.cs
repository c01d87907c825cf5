using System.Buffers;
using System.IO.Compression;

namespace Grid.Storage.Lake.Avro;

/// <summary>
/// Writes a container file into memory: <c>Obj 1 | metadata | sync | (count, length, records, sync)*</c>. The same records, codec and marker give the same bytes.
/// </summary>
internal sealed class AvroContainerWriter
{
    /// <summary>A block is ended behind the record that reaches so many bytes: readers hold a block whole.</summary>
    private const int BlockBytes = 64 * 1024;

    private readonly AvroSchema _schema;
    private readonly AvroFraming _framing;
    private readonly ArrayBufferWriter<byte> _file = new();
    private readonly ArrayBufferWriter<byte> _block = new();
    private int _records;

    /// <param name="schema">The records' schema.</param>
    /// <param name="metadata">What the header says beside schema and codec.</param>
    /// <param name="framing">Its blocks.</param>
    public AvroContainerWriter(AvroSchema schema, IReadOnlyList<KeyValuePair<string, string>> metadata, AvroFraming framing)
    {
        _schema = schema;
        _framing = framing;
        _file.Write(AvroContainer.Magic);
        AvroBytes.WriteLong(_file, metadata.Count + 2);
        WritePair(AvroContainer.SchemaKey, schema.Json);
        WritePair(AvroContainer.CodecKey, AvroContainer.NameOf(framing.Codec));
        foreach (var (key, value) in metadata)
            WritePair(key, value);
        AvroBytes.WriteLong(_file, 0);
        _file.Write(framing.Sync.AsSpan());
    }

    /// <summary>Bytes so far, those of the open block not compressed yet.</summary>
    public long Bytes => _file.WrittenCount + _block.WrittenCount;

    public void Add(AvroRecord record)
    {
        AvroValueWriter.Write(_schema.Root, record, _block);
        _records++;
        if (_block.WrittenCount >= BlockBytes)
            EndBlock();
    }

    /// <summary>The file; the writer is done.</summary>
    public byte[] Finish()
    {
        EndBlock();
        return _file.WrittenSpan.ToArray();
    }

    private void EndBlock()
    {
        if (_records == 0)
            return;
        AvroBytes.WriteLong(_file, _records);
        AvroBytes.WriteBytes(_file, _framing.Codec == AvroCodec.Deflate ? Deflate(_block.WrittenSpan) : _block.WrittenSpan);
        _file.Write(_framing.Sync.AsSpan());
        _block.ResetWrittenCount();
        _records = 0;
    }

    private static ReadOnlySpan<byte> Deflate(ReadOnlySpan<byte> bytes)
    {
        var output = new MemoryStream();
        using (var deflate = new DeflateStream(output, CompressionLevel.Optimal, leaveOpen: true))
            deflate.Write(bytes);
        return output.GetBuffer().AsSpan(0, (int)output.Length);
    }

    private void WritePair(string key, string value)
    {
        AvroBytes.WriteString(_file, key);
        AvroBytes.WriteString(_file, value);
    }
}
