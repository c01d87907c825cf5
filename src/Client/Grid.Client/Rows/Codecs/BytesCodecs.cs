using System.Text;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Columns;

namespace Grid.Client.Rows.Codecs;

/// <summary>Text.</summary>
internal sealed class StringCodec(string column, bool nullable) : ColumnCodec<string?>
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public override void Write(ColumnBuffer buffer, string?[] values, int count, bool[]? present)
    {
        var target = (VariableBuffer)buffer;
        for (var i = 0; i < count; i++)
        {
            if (values[i] is { } value && (present is null || present[i]))
            {
                Utf8.GetBytes(value, target.Extend(ByteCount(value)));
                target.Validity.AppendValid(1);
            }
            else if (buffer.Field.IsNullable || (present is not null && !present[i]))
            {
                buffer.AppendMissing(1);
            }
            else
            {
                throw Presence.NullWritten(column);
            }
        }
    }

    public override void Read(ArrayData data, int start, string?[] values, int count, bool[]? present)
    {
        if (!nullable)
            Presence.Require(data, start, count, present, column);
        var there = Presence.Of(data, start, count, present);
        var offsets = VariableBuffer.Offsets(data);
        var bytes = data.Buffers[2].Span;
        for (var i = 0; i < count; i++)
            values[i] = there is null || there[i] ? Utf8.GetString(bytes[offsets[start + i]..offsets[start + i + 1]]) : null;
    }

    private int ByteCount(string value)
    {
        try
        {
            return Utf8.GetByteCount(value);
        }
        catch (EncoderFallbackException)
        {
            throw new GridException(GridErrorCode.InvalidArgument, $"Column '{column}' takes text and a row has half a surrogate pair; store such values as binary.");
        }
    }
}

/// <summary>Bytes of any number.</summary>
internal sealed class BinaryCodec(string column, bool nullable) : ColumnCodec<byte[]?>
{
    public override void Write(ColumnBuffer buffer, byte[]?[] values, int count, bool[]? present)
    {
        var target = (VariableBuffer)buffer;
        for (var i = 0; i < count; i++)
        {
            if (values[i] is { } value && (present is null || present[i]))
            {
                value.CopyTo(target.Extend(value.Length));
                target.Validity.AppendValid(1);
            }
            else if (buffer.Field.IsNullable || (present is not null && !present[i]))
            {
                buffer.AppendMissing(1);
            }
            else
            {
                throw Presence.NullWritten(column);
            }
        }
    }

    public override void Read(ArrayData data, int start, byte[]?[] values, int count, bool[]? present)
    {
        if (!nullable)
            Presence.Require(data, start, count, present, column);
        var there = Presence.Of(data, start, count, present);
        var offsets = VariableBuffer.Offsets(data);
        var bytes = data.Buffers[2].Span;
        for (var i = 0; i < count; i++)
            values[i] = there is null || there[i] ? bytes[offsets[start + i]..offsets[start + i + 1]].ToArray() : null;
    }
}

/// <summary>A fixed number of bytes.</summary>
internal sealed class FixedBinaryCodec(string column, bool nullable, int length) : ColumnCodec<byte[]?>
{
    public override void Write(ColumnBuffer buffer, byte[]?[] values, int count, bool[]? present)
    {
        var target = (FixedBuffer)buffer;
        for (var i = 0; i < count; i++)
        {
            if (values[i] is { } value && (present is null || present[i]))
            {
                if (value.Length != length)
                    throw new GridException(GridErrorCode.InvalidArgument, $"Column '{column}' takes exactly {length} bytes and a row has {value.Length}.");
                value.CopyTo(target.Extend(1));
                target.Validity.AppendValid(1);
            }
            else if (buffer.Field.IsNullable || (present is not null && !present[i]))
            {
                buffer.AppendMissing(1);
            }
            else
            {
                throw Presence.NullWritten(column);
            }
        }
    }

    public override void Read(ArrayData data, int start, byte[]?[] values, int count, bool[]? present)
    {
        if (!nullable)
            Presence.Require(data, start, count, present, column);
        var there = Presence.Of(data, start, count, present);
        var bytes = data.Buffers[1].Span[((data.Offset + start) * length)..];
        for (var i = 0; i < count; i++)
            values[i] = there is null || there[i] ? bytes.Slice(i * length, length).ToArray() : null;
    }
}
