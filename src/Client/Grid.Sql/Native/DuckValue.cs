using System.Buffers.Binary;
using System.Data.SqlTypes;
using System.Numerics;
using System.Text;
using Grid.Abstractions;

namespace Grid.Sql.Native;

/// <summary>.NET values as DuckDB's.</summary>
internal static unsafe class DuckValue
{
    private static readonly DateOnly Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch);

    /// <summary>Makes a value; the caller destroys it.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the type has no counterpart, with the parameter.</exception>
    public static nint Create(object? value, string parameter) => value switch
    {
        null or DBNull => DuckNative.CreateNull(),
        bool v => DuckNative.CreateBoolean(v),
        sbyte or short or int or byte or ushort => DuckNative.CreateInt32(Convert.ToInt32(value, null)),
        uint or long => DuckNative.CreateInt64(Convert.ToInt64(value, null)),
        ulong v => DuckNative.CreateUInt64(v),
        Int128 v => DuckNative.CreateHugeInt(Huge(v)),
        float v => DuckNative.CreateFloat(v),
        double v => DuckNative.CreateDouble(v),
        decimal v => Decimal((Int128)new BigInteger(v * Power(v.Scale)), 29, v.Scale),
        SqlDecimal v => Decimal(v),
        string v => Text(v),
        byte[] v => Blob(v),
        Guid v => Uuid(v),
        DateOnly v => DuckNative.CreateDate(v.DayNumber - Epoch.DayNumber),
        TimeOnly v => DuckNative.CreateTime(v.Ticks / TimeSpan.TicksPerMicrosecond),
        DateTimeOffset v => DuckNative.CreateTimestampTz((v.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond),
        DateTime { Kind: DateTimeKind.Utc } v => DuckNative.CreateTimestampTz((v.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond),
        DateTime v => DuckNative.CreateTimestamp((v.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond),
        _ => throw new GridException(GridErrorCode.InvalidArgument, $"The parameter ${parameter} is a {value.GetType().Name}; parameters are bool, numbers, decimal, string, byte[], Guid, DateOnly, TimeOnly, DateTime, DateTimeOffset or null."),
    };

    private static decimal Power(byte scale)
    {
        var power = 1m;
        for (var i = 0; i < scale; i++)
            power *= 10;
        return power;
    }

    private static nint Decimal(SqlDecimal value)
    {
        var units = BigInteger.Zero;
        for (var i = 3; i >= 0; i--)
            units = (units << 32) | (uint)value.Data[i];
        return Decimal((Int128)(value.IsPositive ? units : -units), value.Precision, value.Scale);
    }

    private static nint Decimal(Int128 units, byte width, byte scale) => DuckNative.CreateDecimal(new DuckDecimal(Math.Max(width, scale), scale, Huge(units)));

    private static DuckHugeInt Huge(Int128 value) => new((ulong)value, (long)(value >> 64));

    private static nint Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes.Length == 0 ? new byte[1] : bytes)
            return DuckNative.CreateVarchar(start, (ulong)bytes.Length);
    }

    private static nint Blob(byte[] bytes)
    {
        fixed (byte* start = bytes.Length == 0 ? new byte[1] : bytes)
            return DuckNative.CreateBlob(start, (ulong)bytes.Length);
    }

    private static nint Uuid(Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return DuckNative.CreateUuid(new DuckHugeInt(BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), BinaryPrimitives.ReadInt64BigEndian(bytes)));
    }
}
