namespace Grid.Storage.DataPort;

/// <summary>Which of a bucket's folders a file belongs to. The numbers are part of the format.</summary>
internal enum FileSetFolder : byte
{
    Log = 1,
    Kv = 2,
}
