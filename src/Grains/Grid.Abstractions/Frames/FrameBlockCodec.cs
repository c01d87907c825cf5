using System.Buffers;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace Grid.Abstractions;

/// <summary>
/// Writes a <see cref="FrameBlock"/> as a length-prefixed field: one byte (0 request, 1 answer), then the block's bytes, copied once. Orleans
/// writes a message on the connection's thread, after the call that sent it went on: the block's references decide whether its bytes still
/// stand. A gateway reads and writes every message that passes; it gives its own block back after writing, like any sender.
/// </summary>
[RegisterSerializer]
public sealed class FrameBlockCodec : IFieldCodec<FrameBlock>
{
    private const byte Request = 0;
    private const byte Answer = 1;

    /// <inheritdoc/>
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, FrameBlock? value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType!, value!))
            return;
        RequireLength((uint)value!.Length);

        // A message that is longer than the connection allows would break the connection, and one whose block was given back would carry
        // somebody else's bytes; an exception here fails this one call.
        if (!value.TryRetain())
            throw new GridException(GridErrorCode.Timeout, "The block was given back before it was sent: its sender gave up, or it was sent once already. Make the call again.");
        try
        {
            writer.WriteFieldHeader(fieldIdDelta, expectedType!, typeof(FrameBlock), WireType.LengthPrefixed);
            writer.WriteVarUInt32((uint)value.Length + 1);
            writer.WriteByte(value.IsAnswer ? Answer : Request);
            writer.Write(value.Span);
        }
        finally
        {
            value.Dispose();
        }

        value.DisposeWrittenAnswer();
    }

    /// <inheritdoc/>
    public FrameBlock? ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType == WireType.Reference)
            return ReferenceCodec.ReadReference<FrameBlock, TInput>(ref reader, field);
        field.EnsureWireType(WireType.LengthPrefixed);

        // Both checks come before memory is taken: the limit, and that the message is long enough to hold what it promises.
        var length = reader.ReadVarUInt32();
        if (length == 0)
            throw new GridException(GridErrorCode.Corrupt, "A block's field is empty; it begins with a byte, 0 for a request or 1 for an answer.");
        RequireLength(length - 1);
        if (length > reader.Length - reader.Position)
            throw new GridException(GridErrorCode.Corrupt, $"A block promises {length} bytes and its message has {reader.Length - reader.Position} left.");
        var kind = reader.ReadByte();
        if (kind > Answer)
            throw new GridException(GridErrorCode.Corrupt, $"A block begins with {kind}; legal are 0 for a request and 1 for an answer.");

        var block = kind == Answer ? FrameBlock.Rent((int)length - 1).ForAnswer() : FrameBlock.RentFloating((int)length - 1);
        reader.ReadBytes(block.WritableMemory.Span);
        ReferenceCodec.RecordObject(reader.Session, block);
        return block;
    }

    private static void RequireLength(uint length)
    {
        if (length > GridLimits.FrameBytesMax)
            throw new GridException(GridErrorCode.TooLarge,
                $"A block of {length} bytes is too large to be sent; at most {GridLimits.FrameBytesMax} are legal. Send fewer rows at once.");
    }
}
