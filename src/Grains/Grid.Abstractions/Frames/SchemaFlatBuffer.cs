using Apache.Arrow;
using Apache.Arrow.Types;
using Google.FlatBuffers;

namespace Grid.Abstractions;

/// <summary>
/// Schemas and footers as flatbuffers (Schema.fbs, Message.fbs, File.fbs). A flatbuffer is built back to front: children first, vectors from their
/// last element. Used once per segment, so plainly and with allocations.
/// </summary>
internal sealed class SchemaFlatBuffer
{
    private const byte HeaderSchema = 1;
    private const int BlockBytes = 24;
    private const short DateUnitDay = 0;
    private const short DateUnitMillisecond = 1;
    private const short TimeUnitMillisecond = 1;
    private const short TimeUnitMicrosecond = 2;
    private readonly FlatBufferBuilder _builder = new(4096);

    /// <summary>A schema's message, without prefix and padding.</summary>
    public byte[] Message(Apache.Arrow.Schema schema)
    {
        var header = Schema(schema);
        _builder.StartTable(5);
        _builder.AddShort(0, BatchMetadata.VersionV5, 0);
        _builder.AddByte(1, HeaderSchema, 0);
        _builder.AddOffset(2, header, 0);
        return Finish(_builder.EndTable());
    }

    /// <summary>A file's footer.</summary>
    public byte[] Footer(Apache.Arrow.Schema schema, IReadOnlyList<ArrowBlock> blocks)
    {
        var header = Schema(schema);
        _builder.StartVector(BlockBytes, 0, sizeof(long));
        var dictionaries = _builder.EndVector().Value;
        _builder.StartVector(BlockBytes, blocks.Count, sizeof(long));
        for (var i = blocks.Count - 1; i >= 0; i--)
        {
            // struct Block { offset: long; metaDataLength: int; (4 bytes of padding) bodyLength: long }
            _builder.Prep(sizeof(long), BlockBytes);
            _builder.PutLong(blocks[i].BodyLength);
            _builder.Pad(4);
            _builder.PutInt(blocks[i].MetadataLength);
            _builder.PutLong(blocks[i].Offset);
        }

        var batches = _builder.EndVector().Value;
        _builder.StartTable(5);
        _builder.AddShort(0, BatchMetadata.VersionV5, 0);
        _builder.AddOffset(1, header, 0);
        _builder.AddOffset(2, dictionaries, 0);
        _builder.AddOffset(3, batches, 0);
        return Finish(_builder.EndTable());
    }

    /// <summary>Whether bytes are the metadata of a schema message.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: not a flatbuffer.</exception>
    public static bool IsSchemaMessage(ReadOnlySpan<byte> metadata)
    {
        var message = FlatTable.Root(metadata);
        return message.Int16(0) == BatchMetadata.VersionV5 && message.Byte(1) == HeaderSchema && message.TryTable(2, out _);
    }

    private byte[] Finish(int root)
    {
        _builder.Finish(root);
        return _builder.SizedByteArray();
    }

    private int Schema(Apache.Arrow.Schema schema)
    {
        var fields = Fields(schema.FieldsList);
        var metadata = Pairs(schema.Metadata);
        _builder.StartTable(4);
        _builder.AddOffset(1, fields, 0);
        _builder.AddOffset(2, metadata, 0);
        return _builder.EndTable();
    }

    private int Fields(IReadOnlyList<Field> fields)
    {
        var offsets = new int[fields.Count];
        for (var i = 0; i < offsets.Length; i++)
            offsets[i] = FieldTable(fields[i]);
        return Vector(offsets);
    }

    private int FieldTable(Field field)
    {
        var children = Fields(field.DataType is NestedType nested ? nested.Fields : []);
        var name = _builder.CreateString(field.Name).Value;
        var metadata = Pairs(field.Metadata);
        var (kind, type) = Type(field.DataType);
        _builder.StartTable(7);
        _builder.AddOffset(0, name, 0);
        _builder.AddBool(1, field.IsNullable, false);
        _builder.AddByte(2, (byte)kind, 0);
        _builder.AddOffset(3, type, 0);
        _builder.AddOffset(5, children, 0);
        _builder.AddOffset(6, metadata, 0);
        return _builder.EndTable();
    }

    private (FlatType Kind, int Table) Type(IArrowType type)
    {
        switch (type)
        {
            case BooleanType:
                return (FlatType.Bool, Table(0));
            case NumberType { IsSigned: true } number and (Int8Type or Int16Type or Int32Type or Int64Type):
                _builder.StartTable(2);
                _builder.AddInt(0, number.BitWidth, 0);
                _builder.AddBool(1, true, false);
                return (FlatType.Int, _builder.EndTable());
            case FloatType or DoubleType:
                _builder.StartTable(1);
                _builder.AddShort(0, type is DoubleType ? (short)2 : (short)1, 0);
                return (FlatType.FloatingPoint, _builder.EndTable());
            case Decimal128Type number:
                _builder.StartTable(3);
                _builder.AddInt(0, number.Precision, 0);
                _builder.AddInt(1, number.Scale, 0);
                _builder.AddInt(2, 128, 128);
                return (FlatType.Decimal, _builder.EndTable());
            case StringType:
                return (FlatType.Utf8, Table(0));
            case BinaryType:
                return (FlatType.Binary, Table(0));
            case FixedSizeBinaryType binary:
                _builder.StartTable(1);
                _builder.AddInt(0, binary.ByteWidth, 0);
                return (FlatType.FixedSizeBinary, _builder.EndTable());
            case Date32Type:
                _builder.StartTable(1);
                _builder.AddShort(0, DateUnitDay, DateUnitMillisecond);
                return (FlatType.Date, _builder.EndTable());
            case Time64Type { Unit: TimeUnit.Microsecond }:
                _builder.StartTable(2);
                _builder.AddShort(0, TimeUnitMicrosecond, TimeUnitMillisecond);
                _builder.AddInt(1, 64, 32);
                return (FlatType.Time, _builder.EndTable());
            case TimestampType { Unit: TimeUnit.Microsecond } timestamp:
                var timezone = string.IsNullOrEmpty(timestamp.Timezone) ? 0 : _builder.CreateString(timestamp.Timezone).Value;
                _builder.StartTable(2);
                _builder.AddShort(0, TimeUnitMicrosecond, 0);
                _builder.AddOffset(1, timezone, 0);
                return (FlatType.Timestamp, _builder.EndTable());
            case MapType:
                return (FlatType.Map, Table(1));
            case ListType:
                return (FlatType.List, Table(0));
            case StructType:
                return (FlatType.Struct, Table(0));
            default:
                throw new GridException(GridErrorCode.SchemaMismatch, $"Grid's Arrow files have no columns of type {type.Name}.");
        }
    }

    private int Table(int fields)
    {
        _builder.StartTable(fields);
        return _builder.EndTable();
    }

    private int Pairs(IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null || metadata.Count == 0)
            return 0;
        var offsets = new List<int>(metadata.Count);
        foreach (var key in metadata.Keys.Order(StringComparer.Ordinal))
        {
            var name = _builder.CreateString(key).Value;
            var value = _builder.CreateString(metadata[key]).Value;
            _builder.StartTable(2);
            _builder.AddOffset(0, name, 0);
            _builder.AddOffset(1, value, 0);
            offsets.Add(_builder.EndTable());
        }

        return Vector([.. offsets]);
    }

    private int Vector(int[] offsets)
    {
        _builder.StartVector(sizeof(int), offsets.Length, sizeof(int));
        for (var i = offsets.Length - 1; i >= 0; i--)
            _builder.AddOffset(offsets[i]);
        return _builder.EndVector().Value;
    }

    /// <summary>The numbers of Schema.fbs' union Type.</summary>
    private enum FlatType : byte
    {
        Int = 2,
        FloatingPoint = 3,
        Binary = 4,
        Utf8 = 5,
        Bool = 6,
        Decimal = 7,
        Date = 8,
        Time = 9,
        Timestamp = 10,
        List = 12,
        Struct = 13,
        FixedSizeBinary = 15,
        Map = 17,
    }
}
