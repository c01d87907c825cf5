using CsCheck;

namespace Grid.Abstractions.Tests.Keys;

public sealed class OrderedBytesTests
{
    [Fact]
    public void Byte_order_is_value_order_for_integers()
    {
        Gen.Select(Gen.Long, Gen.Long).Sample((a, b) => Order(a, b, OrderedBytes.WriteInt64) == Math.Sign(a.CompareTo(b)));
        Gen.Select(Gen.Int, Gen.Int).Sample((a, b) => Order(a, b, OrderedBytes.WriteInt32) == Math.Sign(a.CompareTo(b)));
        Gen.Select(Gen.Short, Gen.Short).Sample((a, b) => Order(a, b, OrderedBytes.WriteInt16) == Math.Sign(a.CompareTo(b)));
        Gen.Select(Gen.SByte, Gen.SByte).Sample((a, b) => Order(a, b, OrderedBytes.WriteInt8) == Math.Sign(a.CompareTo(b)));
        Gen.Select(Gen.Long, Gen.Long).Sample((a, b) =>
            Order((Int128)a * b, (Int128)b * 3, OrderedBytes.WriteInt128) == Math.Sign(((Int128)a * b).CompareTo((Int128)b * 3)));
    }

    [Fact]
    public void Byte_order_is_value_order_for_floats()
    {
        var doubles = Gen.Double.Where(d => !double.IsNaN(d));
        var singles = Gen.Single.Where(f => !float.IsNaN(f));
        Gen.Select(doubles, doubles).Sample((a, b) => Order(a, b, OrderedBytes.WriteFloat64) == Math.Sign(a.CompareTo(b)));
        Gen.Select(singles, singles).Sample((a, b) => Order(a, b, OrderedBytes.WriteFloat32) == Math.Sign(a.CompareTo(b)));
    }

    [Fact]
    public void Negative_zero_is_zero()
    {
        Assert.Equal(0, Order(-0d, 0d, OrderedBytes.WriteFloat64));
        Assert.Equal(0, Order(-0f, 0f, OrderedBytes.WriteFloat32));
    }

    private delegate int Write<T>(Span<byte> destination, T value);

    private static int Order<T>(T left, T right, Write<T> write)
    {
        Span<byte> a = stackalloc byte[16];
        Span<byte> b = stackalloc byte[16];
        return Math.Sign(a[..write(a, left)].SequenceCompareTo(b[..write(b, right)]));
    }
}
