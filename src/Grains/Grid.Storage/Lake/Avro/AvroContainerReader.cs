using System.Buffers;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace Grid.Storage.Lake.Avro;

/// <summary>Reads a container file whoever wrote it. The file must stay unchanged while its records are enumerated; they are decoded one by one.</summary>
internal sealed class AvroContainerReader
{
    private readonly ReadOnlyMemory<byte> _file;
    private readonly Dictionary<string, byte[]> _metadata = new(StringComparer.Ordinal);
    private readonly AvroCodec _codec;
    private readonly int _sync;

    /// <summary>Reads the header.</summary>
    /// <exception cref="Abstractions.GridException">Damaged, too large, or of a codec that is not read.</exception>
    public AvroContainerReader(ReadOnlyMemory<byte> file)
    {
        _file = file;
        var decoder = new AvroDecoder(file.Span);
        if (!file.Span.StartsWith(AvroContainer.Magic))
            throw LakeErrors.Damaged("it does not begin like an Avro container");
        decoder.ReadFixed(AvroContainer.Magic.Length);
        ReadMetadata(ref decoder);
        _sync = decoder.Position;
        decoder.ReadFixed(AvroContainer.SyncBytes);
        _codec = AvroContainer.CodecOf(Text(AvroContainer.CodecKey));
        Schema = AvroSchema.Parse(Text(AvroContainer.SchemaKey) ?? throw LakeErrors.Damaged("its Avro header has no schema"));
        if (Schema.Root.Kind != AvroKind.Record)
            throw LakeErrors.Unsupported($"Avro values of type {Schema.Root.Kind} instead of records");
    }

    /// <summary>The writer's schema.</summary>
    public AvroSchema Schema { get; }

    /// <summary>A value of the header's metadata, or null.</summary>
    public string? Text(string key) => _metadata.TryGetValue(key, out var value) ? Encoding.UTF8.GetString(value) : null;

    /// <summary>The records in their order.</summary>
    /// <exception cref="Abstractions.GridException">While enumerating: damaged or too large.</exception>
    public IEnumerable<AvroRecord> Records()
    {
        for (var position = _sync + AvroContainer.SyncBytes; position < _file.Length;)
        {
            var (records, block) = ReadBlock(ref position);
            var at = 0;
            for (long i = 0; i < records; i++)
                yield return ReadRecord(block, ref at);
            if (at != block.Length)
                throw LakeErrors.Damaged($"an Avro block has {block.Length - at} bytes behind its last record");
        }
    }

    private AvroRecord ReadRecord(ReadOnlyMemory<byte> block, ref int at)
    {
        var reader = new AvroValueReader(block.Span[at..]);
        var record = (AvroRecord)reader.Read(Schema.Root)!;
        at += reader.Position;
        return record;
    }

    private void ReadMetadata(ref AvroDecoder decoder)
    {
        for (var count = decoder.ReadLong(); count != 0; count = decoder.ReadLong())
        {
            if (count < 0)
                decoder.ReadLong(); // the bytes of this part
            if (count is < -AvroLimits.HeaderPairsMax or > AvroLimits.HeaderPairsMax)
                throw LakeErrors.Damaged($"its Avro header says that {count} pairs follow");
            for (var i = Math.Abs(count); i > 0; i--)
                _metadata[decoder.ReadString()] = decoder.ReadBytes().ToArray();
            if (_metadata.Count > AvroLimits.HeaderPairsMax)
                throw LakeErrors.TooLarge("pairs in its Avro header", _metadata.Count, AvroLimits.HeaderPairsMax);
            if (decoder.Position > AvroLimits.HeaderBytesMax)
                throw LakeErrors.TooLarge("bytes of Avro header", decoder.Position, AvroLimits.HeaderBytesMax);
        }
    }

    private (long Records, ReadOnlyMemory<byte> Block) ReadBlock(ref int position)
    {
        var decoder = new AvroDecoder(_file.Span[position..]);
        var records = decoder.ReadLong();
        var length = decoder.ReadLong();
        var start = position + decoder.Position;
        decoder.ReadFixed(length);
        if (!decoder.ReadFixed(AvroContainer.SyncBytes).SequenceEqual(_file.Span.Slice(_sync, AvroContainer.SyncBytes)))
            throw LakeErrors.Damaged("an Avro block does not end with the file's marker");
        position += decoder.Position;
        if (length > AvroLimits.BlockBytesMax)
            throw LakeErrors.TooLarge("bytes in an Avro block", length, AvroLimits.BlockBytesMax);
        var block = _codec == AvroCodec.Deflate ? Inflate(_file.Slice(start, (int)length)) : _file.Slice(start, (int)length);
        if (records < 0 || records > block.Length / Math.Max(Schema.Root.BytesMin, 1))
            throw LakeErrors.Damaged($"an Avro block of {block.Length} bytes says that it has {records} records");
        return (records, block);
    }

    private static ReadOnlyMemory<byte> Inflate(ReadOnlyMemory<byte> compressed)
    {
        var bytes = MemoryMarshal.TryGetArray(compressed, out var segment) ? segment : new ArraySegment<byte>(compressed.ToArray());
        using var input = new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
        using var inflate = new DeflateStream(input, CompressionMode.Decompress);
        var output = new ArrayBufferWriter<byte>();
        try
        {
            while (true)
            {
                var read = inflate.Read(output.GetSpan(16 * 1024));
                if (read == 0)
                    return output.WrittenMemory;
                output.Advance(read);
                if (output.WrittenCount > AvroLimits.BlockBytesMax)
                    throw LakeErrors.TooLarge("bytes or more in an Avro block", output.WrittenCount, AvroLimits.BlockBytesMax);
            }
        }
        catch (InvalidDataException exception)
        {
            throw LakeErrors.Damaged("an Avro block does not decompress", exception);
        }
    }
}
