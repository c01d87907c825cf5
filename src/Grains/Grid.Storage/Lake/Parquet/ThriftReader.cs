using Grid.Abstractions;

namespace Grid.Storage.Lake.Parquet;

/// <summary>
/// Walks a struct in Thrift's compact protocol (thrift-compact-protocol.md), which is what Parquet's footer is. Every length is checked against the
/// bytes that are there. Fields that the caller does not take are skipped by the next <see cref="NextField"/>.
/// </summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    private const int True = 1;
    private const int False = 2;
    private const int List = 9;
    private const int Struct = 12;
    private const int DepthMax = 32;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;
    private int _lastId;
    private bool _taken = true;

    /// <summary>The id of the field that <see cref="NextField"/> came to.</summary>
    public int Id { readonly get; private set; }

    /// <summary>Its wire type.</summary>
    public int Type { readonly get; private set; }

    /// <summary>Goes to the struct's next field; false at its end.</summary>
    public bool NextField()
    {
        if (!_taken)
            Skip(Type, 0);
        var header = Byte();
        _taken = header == 0;
        if (header == 0)
            return false;
        Type = header & 0x0f;
        Id = _lastId = header >> 4 == 0 ? (int)ZigZag() : _lastId + (header >> 4);
        return true;
    }

    /// <summary>Takes an integer field.</summary>
    public long Integer()
    {
        Take(Type is >= 3 and <= 6);
        return Type == 3 ? (sbyte)Byte() : ZigZag();
    }

    /// <summary>Takes a field of bytes or text.</summary>
    public ReadOnlySpan<byte> Binary()
    {
        Take(Type == 8);
        return Bytes();
    }

    /// <summary>Begins a field that is a struct; give what it answers to <see cref="EndStruct"/> after the struct's last field.</summary>
    public int BeginStruct()
    {
        Take(Type == Struct);
        return BeginItem();
    }

    /// <summary>Begins a struct that is a list's item.</summary>
    public int BeginItem()
    {
        var outer = _lastId;
        (_lastId, _taken) = (0, true);
        return outer;
    }

    /// <summary>Goes on behind a struct whose fields were all read.</summary>
    public void EndStruct(int outer) => (_lastId, _taken) = (outer, true);

    /// <summary>Takes a field that is a list of structs; the items follow.</summary>
    public int BeginStructs()
    {
        Take(Type == List);
        var (type, count) = ListHeader();
        Require(type == Struct || count == 0);
        return count;
    }

    private void Take(bool typeFits)
    {
        Require(typeFits && !_taken);
        _taken = true;
    }

    private void Skip(int type, int depth)
    {
        Require(depth < DepthMax);
        switch (type)
        {
            case True or False: // the value is the type
                break;
            case 3:
                Byte();
                break;
            case >= 4 and <= 6:
                Varint();
                break;
            case 7:
                Advance(sizeof(double));
                break;
            case 8:
                Bytes();
                break;
            case List or 10:
                var (item, count) = ListHeader();
                for (var i = 0; i < count; i++)
                    SkipItem(item, depth);
                break;
            case 11:
                var pairs = Count(Varint());
                var types = pairs == 0 ? 0 : Byte();
                for (var i = 0; i < pairs; i++)
                {
                    SkipItem(types >> 4, depth);
                    SkipItem(types & 0x0f, depth);
                }

                break;
            case Struct:
                SkipStruct(depth);
                break;
            default:
                Require(false);
                break;
        }
    }

    // A boolean takes a byte in a list or map, and none as a field.
    private void SkipItem(int type, int depth)
    {
        if (type is True or False)
            Byte();
        else
            Skip(type, depth + 1);
    }

    private void SkipStruct(int depth)
    {
        for (var header = Byte(); header != 0; header = Byte())
        {
            if (header >> 4 == 0)
                Varint();
            Skip(header & 0x0f, depth + 1);
        }
    }

    private (int Type, int Count) ListHeader()
    {
        var header = Byte();
        return (header & 0x0f, Count(header >> 4 == 15 ? Varint() : (ulong)(header >> 4)));
    }

    // An item takes a byte at least.
    private readonly int Count(ulong count)
    {
        Require(count <= (ulong)(_bytes.Length - _position));
        return (int)count;
    }

    private ReadOnlySpan<byte> Bytes()
    {
        var length = Count(Varint());
        Advance(length);
        return _bytes.Slice(_position - length, length);
    }

    private void Advance(int length)
    {
        Require(length <= _bytes.Length - _position);
        _position += length;
    }

    private byte Byte()
    {
        Advance(1);
        return _bytes[_position - 1];
    }

    private long ZigZag()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            Require(shift < 64);
            var next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }
    }

    private readonly void Require(bool holds)
    {
        if (!holds)
            throw new GridException(GridErrorCode.Corrupt, $"The Parquet footer is damaged near its byte {_position} of {_bytes.Length}; write the file again.");
    }
}
