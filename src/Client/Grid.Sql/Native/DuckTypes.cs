using System.Runtime.InteropServices;
using Grid.Abstractions;

namespace Grid.Sql.Native;

/// <summary>Grid's types in DuckDB: as SQL writes them, and as handles.</summary>
internal static unsafe class DuckTypes
{
    /// <summary>The type's name in SQL.</summary>
    public static string NameOf(DataType type) => type.Kind switch
    {
        TypeKind.Boolean => "BOOLEAN",
        TypeKind.Int8 => "TINYINT",
        TypeKind.Int16 => "SMALLINT",
        TypeKind.Int32 => "INTEGER",
        TypeKind.Int64 => "BIGINT",
        TypeKind.Float32 => "FLOAT",
        TypeKind.Float64 => "DOUBLE",
        TypeKind.Decimal => $"DECIMAL({type.Precision},{type.Scale})",
        TypeKind.String => "VARCHAR",
        TypeKind.Binary or TypeKind.FixedBinary => "BLOB",
        TypeKind.Date => "DATE",
        TypeKind.Time => "TIME",
        TypeKind.Timestamp => "TIMESTAMP",
        TypeKind.TimestampUtc => "TIMESTAMP WITH TIME ZONE",
        TypeKind.Uuid => "UUID",
        TypeKind.List => $"{NameOf(type.Children[0].Type)}[]",
        TypeKind.Map => $"MAP({NameOf(type.Children[0].Type)}, {NameOf(type.Children[1].Type)})",
        TypeKind.Struct => $"STRUCT({string.Join(", ", type.Children.Select(field => $"{SqlText.Name(field.Name)} {NameOf(field.Type)}"))})",
        _ => throw new GridException(GridErrorCode.InvalidSchema, $"SQL knows no counterpart of the type {type}."),
    };

    /// <summary>A handle of the type; the caller destroys it.</summary>
    public static nint Create(DataType type) => type.Kind switch
    {
        TypeKind.Decimal => DuckNative.CreateDecimalType((byte)type.Precision, (byte)type.Scale),
        TypeKind.List => Of(type.Children[0].Type, DuckNative.CreateListType),
        TypeKind.Map => Of(type.Children[0].Type, key => Of(type.Children[1].Type, value => DuckNative.CreateMapType(key, value))),
        TypeKind.Struct => Struct(type),
        _ => DuckNative.CreateType(Flat(type)),
    };

    private static DuckType Flat(DataType type) => type.Kind switch
    {
        TypeKind.Boolean => DuckType.Boolean,
        TypeKind.Int8 => DuckType.TinyInt,
        TypeKind.Int16 => DuckType.SmallInt,
        TypeKind.Int32 => DuckType.Integer,
        TypeKind.Int64 => DuckType.BigInt,
        TypeKind.Float32 => DuckType.Float,
        TypeKind.Float64 => DuckType.Double,
        TypeKind.String => DuckType.Varchar,
        TypeKind.Binary or TypeKind.FixedBinary => DuckType.Blob,
        TypeKind.Date => DuckType.Date,
        TypeKind.Time => DuckType.Time,
        TypeKind.Timestamp => DuckType.Timestamp,
        TypeKind.TimestampUtc => DuckType.TimestampTz,
        TypeKind.Uuid => DuckType.Uuid,
        _ => throw new GridException(GridErrorCode.InvalidSchema, $"SQL knows no counterpart of the type {type}."),
    };

    private static nint Of(DataType child, Func<nint, nint> make)
    {
        var handle = Create(child);
        var made = make(handle);
        DuckNative.DestroyType(ref handle);
        return made;
    }

    private static nint Struct(DataType type)
    {
        var (types, names) = (new nint[type.Children.Length], new nint[type.Children.Length]);
        try
        {
            for (var i = 0; i < types.Length; i++)
                (types[i], names[i]) = (Create(type.Children[i].Type), Marshal.StringToCoTaskMemUTF8(type.Children[i].Name));
            fixed (nint* handles = types)
            fixed (nint* texts = names)
                return DuckNative.CreateStructType(handles, texts, (ulong)types.Length);
        }
        finally
        {
            for (var i = 0; i < types.Length; i++)
            {
                DuckNative.DestroyType(ref types[i]);
                Marshal.FreeCoTaskMem(names[i]);
            }
        }
    }
}
