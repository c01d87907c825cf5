using System.Buffers.Binary;

namespace Grid.Abstractions;

/// <summary>
/// One table of a flatbuffer that a peer or a disk gave: every offset and length is checked against the buffer before it is followed. Nothing is
/// copied. Field numbers are the places of the fields in Arrow's Message.fbs.
/// </summary>
internal readonly ref struct FlatTable
{
    private const int VTableHeaderBytes = 4;
    private readonly ReadOnlySpan<byte> _buffer;
    private readonly int _position;
    private readonly int _vtable;
    private readonly int _vtableBytes;
    private readonly int _tableBytes;

    private FlatTable(ReadOnlySpan<byte> buffer, long position)
    {
        // The table begins with the signed distance back to its vtable: u16 bytes of the vtable, u16 bytes of the table, u16 place of each field.
        _buffer = buffer;
        _position = Inside(buffer, position, sizeof(int));
        _vtable = Inside(buffer, position - BinaryPrimitives.ReadInt32LittleEndian(buffer[_position..]), VTableHeaderBytes);
        _vtableBytes = BinaryPrimitives.ReadUInt16LittleEndian(buffer[_vtable..]);
        _tableBytes = BinaryPrimitives.ReadUInt16LittleEndian(buffer[(_vtable + 2)..]);
        if (_vtableBytes < VTableHeaderBytes || _tableBytes < sizeof(int))
            throw Corrupt("a vtable is shorter than its header");
        Inside(buffer, _vtable, _vtableBytes);
        Inside(buffer, _position, _tableBytes);
    }

    /// <summary>The buffer's root table.</summary>
    public static FlatTable Root(ReadOnlySpan<byte> buffer)
    {
        Inside(buffer, 0, sizeof(uint));
        return new FlatTable(buffer, BinaryPrimitives.ReadUInt32LittleEndian(buffer));
    }

    public long Int64(int field) => TryField(field, sizeof(long), out var at) ? BinaryPrimitives.ReadInt64LittleEndian(_buffer[at..]) : 0;

    public short Int16(int field) => TryField(field, sizeof(short), out var at) ? BinaryPrimitives.ReadInt16LittleEndian(_buffer[at..]) : (short)0;

    public byte Byte(int field) => TryField(field, sizeof(byte), out var at) ? _buffer[at] : (byte)0;

    public bool TryTable(int field, out FlatTable table)
    {
        table = default;
        if (!TryField(field, sizeof(uint), out var at))
            return false;
        table = new FlatTable(_buffer, Target(at));
        return true;
    }

    /// <summary>The elements of a vector of scalars, structs or a string's bytes; empty where the field is absent.</summary>
    public ReadOnlySpan<byte> Vector(int field, int elementBytes)
    {
        var elements = Elements(field, elementBytes, out var at);
        return _buffer.Slice(at, elements * elementBytes);
    }

    /// <summary>The number of tables in a vector of tables.</summary>
    public int TableCount(int field) => Elements(field, sizeof(uint), out _);

    /// <summary>A table in a vector of tables.</summary>
    public FlatTable TableAt(int field, int index)
    {
        var elements = Elements(field, sizeof(uint), out var at);
        if ((uint)index >= (uint)elements)
            throw Corrupt("a vector ends too early");
        return new FlatTable(_buffer, Target(at + (index * sizeof(uint))));
    }

    private int Elements(int field, int elementBytes, out int at)
    {
        at = 0;
        if (!TryField(field, sizeof(uint), out var reference))
            return 0;
        var vector = Inside(_buffer, Target(reference), sizeof(uint));
        var elements = BinaryPrimitives.ReadUInt32LittleEndian(_buffer[vector..]);
        at = Inside(_buffer, (long)vector + sizeof(uint), elements * (long)elementBytes);
        return (int)elements;
    }

    private long Target(int reference) => reference + (long)BinaryPrimitives.ReadUInt32LittleEndian(_buffer[reference..]);

    private bool TryField(int field, int bytes, out int at)
    {
        at = 0;
        var slot = VTableHeaderBytes + (field * sizeof(ushort));
        if (slot + sizeof(ushort) > _vtableBytes)
            return false;
        var place = BinaryPrimitives.ReadUInt16LittleEndian(_buffer[(_vtable + slot)..]);
        if (place == 0)
            return false;
        if (place + bytes > _tableBytes)
            throw Corrupt("a field lies outside its table");
        at = _position + place;
        return true;
    }

    private static int Inside(ReadOnlySpan<byte> buffer, long position, long bytes) =>
        position >= 0 && position <= buffer.Length - bytes ? (int)position : throw Corrupt("an offset leads outside of it");

    private static GridException Corrupt(string what) =>
        new(GridErrorCode.Corrupt, $"The Arrow message's metadata is not a valid flatbuffer: {what}.");
}
