namespace Grid.Abstractions;

/// <summary>The kinds of data type. The numbers are stored: never reused.</summary>
public enum TypeKind : byte
{
    /// <summary>True or false.</summary>
    Boolean = 1,

    /// <summary>Signed integer of 8 bits.</summary>
    Int8 = 2,

    /// <summary>Signed integer of 16 bits.</summary>
    Int16 = 3,

    /// <summary>Signed integer of 32 bits.</summary>
    Int32 = 4,

    /// <summary>Signed integer of 64 bits.</summary>
    Int64 = 5,

    /// <summary>IEEE 754 binary32.</summary>
    Float32 = 6,

    /// <summary>IEEE 754 binary64.</summary>
    Float64 = 7,

    /// <summary>Exact decimal of up to 38 digits.</summary>
    Decimal = 8,

    /// <summary>Text, UTF-8.</summary>
    String = 9,

    /// <summary>Bytes.</summary>
    Binary = 10,

    /// <summary>A fixed number of bytes.</summary>
    FixedBinary = 11,

    /// <summary>A day: days since 1970-01-01, int32.</summary>
    Date = 12,

    /// <summary>A time of day in microseconds since midnight, int64.</summary>
    Time = 13,

    /// <summary>Microseconds since 1970-01-01 00:00 without a time zone, int64.</summary>
    Timestamp = 14,

    /// <summary>Microseconds since 1970-01-01 00:00 UTC, int64.</summary>
    TimestampUtc = 15,

    /// <summary>A UUID: 16 bytes in network order.</summary>
    Uuid = 16,

    /// <summary>A list of elements of one type.</summary>
    List = 17,

    /// <summary>A group of named fields.</summary>
    Struct = 18,

    /// <summary>Keys and values.</summary>
    Map = 19,
}
